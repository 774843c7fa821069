"""
How right the published zones were, against the truth that a simulator or a person wrote down.
"""

import csv
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

from core.errors import TallyportError

SETTLING_S: Final = 5.0
"""How long after a true change of zone the settled figure looks away: nobody can know at once."""


class BadTable(TallyportError):
    """A CSV file does not have the columns or values that it should; the message names file and line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """The truth: this tag was in this zone from one second (Unix) to another."""

    epc: str
    from_s: float
    to_s: float
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What we said: from this second on the tag is in this zone; '' for unknown or gone."""

    epc: str
    at_s: float
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneScore:
    """Shares of true time, 0..1, and seconds from a true change to the first right word after it."""

    zone_accuracy: float
    settled_accuracy: float
    changes: int
    true_changes: int
    delay_p50_s: float | None
    delay_p95_s: float | None

    def as_json(self) -> dict[str, Any]:
        """The figures under the names that `tallyport score` prints."""
        return {
            "zone_accuracy": self.zone_accuracy,
            "settled_accuracy": self.settled_accuracy,
            "changes": self.changes,
            "true_changes": self.true_changes,
            "delay_s": {"p50": self.delay_p50_s, "p95": self.delay_p95_s},
        }


def score_zones(truth: Iterable[Stay], published: Iterable[Published]) -> ZoneScore:
    """
    Weigh each tag's published zones against its true stays, second by second without a grid.

    A tag that we never placed counts as wrong for its whole stay: silence is no way to be right.
    """
    words = _by_epc(published)
    right = settled_right = total = settled_total = 0.0
    delays: list[float] = []
    true_changes = 0
    for stay in truth:
        times, zones = words.get(stay.epc, ((), ()))
        length = stay.to_s - stay.from_s
        total += length
        right += _time_in(stay.zone, stay.from_s, stay.to_s, times, zones)
        settled_from = min(stay.from_s + SETTLING_S, stay.to_s)
        settled_total += stay.to_s - settled_from
        settled_right += _time_in(stay.zone, settled_from, stay.to_s, times, zones)
        true_changes += 1
        first = _first_right(stay, times, zones)
        if first is not None:
            delays.append(first - stay.from_s)
    return ZoneScore(
        zone_accuracy=right / total if total else 0.0,
        settled_accuracy=settled_right / settled_total if settled_total else 0.0,
        changes=sum(len(times) for times, _ in words.values()),
        true_changes=true_changes,
        delay_p50_s=_quantile(delays, 50),
        delay_p95_s=_quantile(delays, 95),
    )


def read_truth(path: Path) -> list[Stay]:
    """Read TRUTH.csv; times are Unix seconds or ISO 8601."""
    stays = []
    for line, row in _rows(path, ("epc", "from", "to", "zone")):
        start, end = _seconds(path, line, row["from"]), _seconds(path, line, row["to"])
        if row["zone"] and end > start:
            stays.append(Stay(epc=row["epc"].upper(), from_s=start, to_s=end, zone=row["zone"]))
    return stays


def read_published(path: Path) -> list[Published]:
    """Read zones.csv as `tallyport replay` writes it."""
    return [
        Published(epc=row["epc"].upper(), at_s=_seconds(path, line, row["time"]), zone=row["zone"])
        for line, row in _rows(path, ("time", "epc", "zone"))
    ]


def _rows(path: Path, wanted: Sequence[str]) -> Iterable[tuple[int, Mapping[str, str]]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        lacking = [name for name in wanted if name not in (reader.fieldnames or ())]
        if lacking:
            raise BadTable(f"{path}:1: no column {', '.join(lacking)}; the first line must name {', '.join(wanted)}")
        for row in reader:
            if any(row[name] is None for name in wanted):
                raise BadTable(f"{path}:{reader.line_num}: fewer values than columns")
            yield reader.line_num, row


def _seconds(path: Path, line: int, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise BadTable(f"{path}:{line}: {text!r} is no time: write Unix seconds or ISO 8601") from None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _by_epc(published: Iterable[Published]) -> dict[str, tuple[tuple[float, ...], tuple[str, ...]]]:
    """Each tag's words in time order, as (times, zones)."""
    words: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for word in published:
        words[word.epc].append((word.at_s, word.zone))
    result = {}
    for epc, pairs in words.items():
        pairs.sort(key=lambda pair: pair[0])
        result[epc] = (tuple(at for at, _ in pairs), tuple(zone for _, zone in pairs))
    return result


def _time_in(zone: str, start_s: float, end_s: float, times: Sequence[float], zones: Sequence[str]) -> float:
    """Seconds of [start, end) in which the last word was `zone`."""
    seconds = 0.0
    i = max(bisect_right(times, start_s) - 1, 0)
    while i < len(times) and times[i] < end_s:
        until = times[i + 1] if i + 1 < len(times) else end_s
        if zones[i] == zone:
            seconds += max(0.0, min(until, end_s) - max(times[i], start_s))
        i += 1
    return seconds


def _first_right(stay: Stay, times: Sequence[float], zones: Sequence[str]) -> float | None:
    """When our word was first right during a stay; the stay's begin if it was already."""
    i = max(bisect_right(times, stay.from_s) - 1, 0)
    for at_s, zone in zip(times[i:], zones[i:], strict=True):
        if at_s >= stay.to_s:
            return None
        if zone == stay.zone:
            return max(at_s, stay.from_s)
    return None


def _quantile(values: Sequence[float], percent: int) -> float | None:
    if len(values) < 2:  # noqa: PLR2004 - a quantile of one value says nothing
        return values[0] if values else None
    return quantiles(values, n=100, method="inclusive")[percent - 1]
