"""
How right the published zones and positions were, and how soon.
"""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tallyport.score.figures import mean, quantile, share
from tallyport.score.tables import read_table
from tallyport.score.truth import Spot, Stay, joined

SETTLING_S: Final = 2.0
"""How long after a true change of zone the settled figure looks away: nobody can know at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """
    What we said: from this second on the tag is in this zone, '' for unknown or gone.

    Its point in metres, and how sure that is, 0..1, where they are told.
    """

    epc: str
    at_s: float
    zone: str
    x_m: float | None = None
    y_m: float | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneScore:
    """Shares of true time, 0..1, and seconds from a true change to the first right word after it."""

    zone_accuracy: float
    settled_accuracy: float
    changes: int
    true_changes: int
    delay_p50_s: float | None
    delay_p95_s: float | None
    never_right: int
    """True stays during which no word was right: they have no delay."""

    def as_json(self) -> dict[str, Any]:
        """The figures under the names that `tallyport score` prints."""
        return {
            "zone_accuracy": self.zone_accuracy,
            "settled_accuracy": self.settled_accuracy,
            "changes": self.changes,
            "true_changes": self.true_changes,
            "delay_s": {"p50": self.delay_p50_s, "p95": self.delay_p95_s, "never": self.never_right},
        }


def score_zones(truth: Iterable[Stay], published: Iterable[Published]) -> ZoneScore:
    """
    Weigh each tag's published zones against its true stays, second by second without a grid.

    A tag that we never placed counts as wrong for its whole stay: silence is no way to be right. A change is a word
    that names another zone than the tag's word before it.
    """
    words = by_epc(published)
    stays = joined(truth)
    right = settled_right = total = settled_total = 0.0
    delays: list[float] = []
    for stay in stays:
        times, zones = _words_of(words.get(stay.epc, ()))
        total += stay.to_s - stay.from_s
        right += _time_in(stay.zone, stay.from_s, stay.to_s, times, zones)
        settled_from = min(stay.from_s + SETTLING_S, stay.to_s)
        settled_total += stay.to_s - settled_from
        settled_right += _time_in(stay.zone, settled_from, stay.to_s, times, zones)
        first = _first_right(stay, times, zones)
        if first is not None:
            delays.append(first - stay.from_s)
    return ZoneScore(
        zone_accuracy=share(right, total) or 0.0,
        settled_accuracy=share(settled_right, settled_total) or 0.0,
        changes=sum(_changes([word.zone for word in said]) for said in words.values()),
        true_changes=len(stays),
        delay_p50_s=quantile(delays, 0.5),
        delay_p95_s=quantile(delays, 0.95),
        never_right=len(stays) - len(delays),
    )


def score_positions(truth: Iterable[Spot], published: Iterable[Published]) -> dict[str, Any]:
    """
    Distances in metres between where tags were and the last word before, over the spots at which there was one.

    `unplaced` counts the spots at which the last word named no position, or there was none.
    """
    words = by_epc(published)
    errors, unplaced = [], 0
    for spot in truth:
        said = words.get(spot.epc, [])
        at = bisect_right(said, spot.at_s, key=lambda word: word.at_s) - 1
        x_m, y_m = (said[at].x_m, said[at].y_m) if at >= 0 else (None, None)
        if x_m is None or y_m is None:
            unplaced += 1
        else:
            errors.append(math.hypot(x_m - spot.x_m, y_m - spot.y_m))
    return {
        "mean": mean(errors),
        "p50": quantile(errors, 0.5),
        "p90": quantile(errors, 0.9),
        "n": len(errors),
        "unplaced": unplaced,
    }


def read_published(path: Path) -> list[Published]:
    """Read zones.csv as `tallyport replay` writes it. Raises BadTable."""
    return [
        Published(
            epc=row.epc(),
            at_s=row.seconds("time"),
            zone=row.text("zone"),
            x_m=row.number("x"),
            y_m=row.number("y"),
            confidence=row.number("confidence"),
        )
        for row in read_table(path, ("time", "epc", "zone")).rows
    ]


def by_epc(published: Iterable[Published]) -> Mapping[str, list[Published]]:
    """Each tag's words in time order; of words at one time the later line is the later word."""
    words: dict[str, list[Published]] = defaultdict(list)
    for word in published:
        words[word.epc].append(word)
    for said in words.values():
        said.sort(key=lambda word: word.at_s)
    return words


def _words_of(said: Sequence[Published]) -> tuple[list[float], list[str]]:
    return [word.at_s for word in said], [word.zone for word in said]


def _changes(zones: Sequence[str]) -> int:
    return sum(zone != before for before, zone in zip(("", *zones), zones, strict=False))


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
