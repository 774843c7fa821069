"""
CSV tables that people and programs write: read strictly, and refused with file, line and what to write instead.
"""

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from core.errors import BadInput

Number = TypeVar("Number", int, float)


class BadTable(BadInput):
    """A CSV file does not have the columns or values that it should; the message names file and line."""


class BadTime(BadInput):
    """A text is no time; the message says what to write."""


def seconds_of(text: str) -> float:
    """Read a time: Unix seconds or ISO 8601, in UTC if it names no zone. Raises BadTime."""
    try:
        number = float(text)
    except ValueError:
        number = _iso(text)
    if not math.isfinite(number):
        raise BadTime(f"{text!r} is no time: write Unix seconds or ISO 8601")
    return number


def micros_of(text: str) -> int:
    """Read a time as Unix microseconds; a fraction of six digits is kept exactly. Raises BadTime."""
    whole, _, fraction = text.partition(".")
    if whole.isdigit() and (fraction.isdigit() or not fraction):
        return int(whole) * 1_000_000 + int((fraction + "000000")[:6])
    return round(seconds_of(text) * 1_000_000)


def _iso(text: str) -> float:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise BadTime(f"{text!r} is no time: write Unix seconds or ISO 8601") from None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, and where it stands."""

    path: Path
    line: int
    values: dict[str, str]

    def bad(self, what: str) -> BadTable:
        """An error that names this line."""
        return BadTable(f"{self.path}:{self.line}: {what}")

    def text(self, name: str) -> str:
        """A value as it stands, without spaces around it; '' where the table has no such column."""
        return self.values.get(name, "").strip()

    def some(self, name: str) -> str:
        """A value that must not be empty."""
        text = self.text(name)
        if not text:
            raise self.bad(f"{name} is empty: write one")
        return text

    def epc(self) -> str:
        """The tag's EPC, upper-case."""
        return self.some("epc").upper()

    def word(self, name: str, known: Sequence[str]) -> str:
        """A value that is one of a few words."""
        text = self.text(name)
        if text not in known:
            raise self.bad(f"{name} {text!r} is not known: write {' or '.join(word or 'nothing' for word in known)}")
        return text

    def seconds(self, name: str) -> float:
        """A time, as Unix seconds."""
        return self._time(name, seconds_of)

    def micros(self, name: str) -> int:
        """A time, as Unix microseconds; a fraction of six digits is kept exactly."""
        return self._time(name, micros_of)

    def number(self, name: str) -> float | None:
        """A finite number; None where there is none."""
        text = self.text(name)
        try:
            number = float(text) if text else None
        except ValueError:
            number = math.nan
        if number is not None and not math.isfinite(number):
            raise self.bad(f"{name} {text!r} is no number: write one, or leave it empty")
        return number

    def _time(self, name: str, read: Callable[[str], Number]) -> Number:
        try:
            return read(self.some(name))
        except BadTime as exc:
            raise self.bad(str(exc)) from None


@dataclass(frozen=True, slots=True)
class Table:
    """A table's columns and its rows."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(path: Path, wanted: Sequence[str]) -> Table:
    """Read a CSV file whose first line names at least the wanted columns. Raises BadTable."""
    with _reader(path, wanted) as reader:
        return Table(tuple(reader.fieldnames or ()), tuple(_rows(path, reader)))


def stream_table(path: Path, wanted: Sequence[str]) -> Iterator[Row]:
    """Read a CSV file of any length row by row, as read_table. Raises BadTable."""
    with _reader(path, wanted) as reader:
        yield from _rows(path, reader)


@contextmanager
def _reader(path: Path, wanted: Sequence[str]) -> Iterator["csv.DictReader[str]"]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            lacking = [name for name in wanted if name not in (reader.fieldnames or ())]
            if lacking:
                named = ",".join(wanted)
                raise BadTable(f"{path}:1: no column {', '.join(lacking)}; the first line must name {named}")
            yield reader
    except OSError as exc:
        raise BadTable(f"{path}: cannot be read ({exc.strerror}): name a CSV file with {','.join(wanted)}") from None
    except (UnicodeDecodeError, csv.Error) as exc:
        raise BadTable(f"{path}: is no CSV text ({exc}): save it as comma-separated UTF-8") from None


def _rows(path: Path, reader: "csv.DictReader[str]") -> Iterator[Row]:
    for values in reader:
        if None in values or None in values.values():
            few_or_many = "more" if None in values else "fewer"
            raise BadTable(f"{path}:{reader.line_num}: {few_or_many} values than columns: count the commas")
        yield Row(path, reader.line_num, values)
