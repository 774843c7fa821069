"""WORDS.csv: what readers said of themselves, beside the reads of a recording."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.site import Site
from tallyport.replay_files import moment
from tallyport.score.tables import read_table

WANTED: Final = ("time", "reader", "kind")
COLUMNS: Final = (*WANTED, "port", "value", "epc", "text")


def read_words(path: Path, site: Site) -> list[ReaderEvent]:
    """Read the file, in the order of its times. Raises BadTable, which names the line and what to write."""
    words = []
    for row in read_table(path, WANTED).rows:
        reader = row.some("reader")
        if reader not in site.reader_index:
            raise row.bad(f"reader {reader!r} is not in the site file; its readers are {', '.join(site.reader_index)}")
        at_us = row.micros("time")
        words.append(
            ReaderEvent(
                seen_us=at_us,
                arrived_us=at_us,
                reader=reader,
                kind=ReaderEventKind(row.word("kind", tuple(ReaderEventKind))),
                port=int(row.number("port") or 0),
                value=row.number("value") or 0.0,
                epc=row.text("epc").upper(),
                text=row.text("text"),
            )
        )
    return sorted(words, key=lambda word: word.seen_us)


def write_words(path: Path, words: Iterable[ReaderEvent]) -> None:
    """Write a file that read_words reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for word in words:
            rows.writerow((moment(word.seen_us), word.reader, word.kind, word.port, word.value, word.epc, word.text))
