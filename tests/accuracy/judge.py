"""What is counted besides the figures of `tallyport score`: right or wrong at given instants."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tallyport.score import Published
from tallyport.score.zones import by_epc

UNSAID = ""


class Mark(NamedTuple):
    """At this instant the tag is truly in this zone."""

    at_s: float
    epc: str
    zone: str


class Rightness(NamedTuple):
    """The share of marks at which the last word was right, and the mean F1 of the zones that the marks name."""

    accuracy: float
    macro_f1: float


def said_at(marks: Sequence[Mark], published: Iterable[Published]) -> list[str]:
    """For each mark the zone that was published last, up to its instant; '' where there was no word yet."""
    words = by_epc(published)
    said = []
    for mark in marks:
        own = words.get(mark.epc, [])
        at = bisect_right(own, mark.at_s, key=lambda word: word.at_s) - 1
        said.append(own[at].zone if at >= 0 else UNSAID)
    return said


def rightness(marks: Sequence[Mark], published: Iterable[Published]) -> Rightness:
    """Hold what was published against the marks."""
    pairs = Counter(zip((mark.zone for mark in marks), said_at(marks, published), strict=True))
    right = sum(count for (true, said), count in pairs.items() if true == said)
    zones = sorted({true for true, _ in pairs})
    return Rightness(right / len(marks), sum(_f1(zone, pairs) for zone in zones) / len(zones))


def _f1(zone: str, pairs: Counter[tuple[str, str]]) -> float:
    hit = pairs[zone, zone]
    truly = sum(count for (true, _), count in pairs.items() if true == zone)
    claimed = sum(count for (_, said), count in pairs.items() if said == zone)
    return 2 * hit / (truly + claimed)
