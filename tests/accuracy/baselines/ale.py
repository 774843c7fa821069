"""
GS1 ALE tag smoothing: glimpsed, then observed, then lost; the states that customers' middleware has.

A tag is observed once it was seen more often than the count threshold, or for longer than the time threshold. A
glimpse is forgotten, and an observed tag is lost, a time-out after it was last seen.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from core.site import Site
from tallyport.score import Published
from tallyport.score.presence import PRESENT, Word
from tests.accuracy.decisions import GONE, Placer, Watcher, antenna_zone
from tests.accuracy.recording import Read

TICK_S: Final = 0.5
"""How often time-outs are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """The four parameters of the standard; the defaults are ours, the standard has none."""

    glimpsed_timeout_s: float = 5.0
    observed_count: int = 2
    observed_time_s: float = 5.0
    lost_timeout_s: float = 10.0


@dataclass(slots=True)
class _Sighting:
    first_s: float
    last_s: float
    count: int = 1
    observed: bool = False

    def see(self, at_s: float, rule: Smoothing) -> bool:
        """Take a read; whether the tag has just become observed."""
        self.last_s = at_s
        self.count += 1
        was = self.observed
        self.observed |= self.count > rule.observed_count or at_s - self.first_s > rule.observed_time_s
        return self.observed and not was

    def over(self, at_s: float, rule: Smoothing) -> bool:
        """Whether its time-out has passed."""
        timeout_s = rule.lost_timeout_s if self.observed else rule.glimpsed_timeout_s
        return at_s - self.last_s > timeout_s


def ale_presence(rule: Smoothing | None = None) -> Watcher:
    """Present while observed anywhere."""
    smoothing = rule or Smoothing()

    def watch(reads: Sequence[Read], _site: Site) -> Iterator[Word]:
        tags: dict[str, _Sighting] = {}
        tick_s = reads[0].at_s
        for read in reads:
            while tick_s < read.at_s:
                tick_s += TICK_S
                yield from _expire(tags, tick_s, smoothing)
            if read.epc not in tags:
                tags[read.epc] = _Sighting(read.at_s, read.at_s)
            elif tags[read.epc].see(read.at_s, smoothing):
                yield Word(epc=read.epc, at_s=read.at_s, state=PRESENT)

    return watch


def ale_zone(rule: Smoothing | None = None) -> Placer:
    """In the zone where it became observed last and is still; where it is lost in all, it stays at the last."""
    smoothing = rule or Smoothing()

    def place(reads: Sequence[Read], site: Site) -> Iterator[Published]:
        zones, said = antenna_zone(site), dict[str, str]()
        heard: dict[str, dict[str, _Sighting]] = defaultdict(dict)
        for read in reads:
            sightings, zone = heard[read.epc], zones[read.reader, read.antenna]
            for lost in [name for name, one in sightings.items() if one.over(read.at_s, smoothing)]:
                del sightings[lost]
            _sight(sightings, zone, read.at_s, smoothing)
            # Python keeps the order in which keys came, and _sight moves the newly observed to the end.
            observed = [name for name, one in sightings.items() if one.observed]
            if observed and said.get(read.epc) != observed[-1]:
                said[read.epc] = observed[-1]
                yield Published(epc=read.epc, at_s=read.at_s, zone=observed[-1])

    return place


def _expire(tags: dict[str, _Sighting], now_s: float, rule: Smoothing) -> Iterator[Word]:
    for epc in [epc for epc, one in tags.items() if one.over(now_s, rule)]:
        if tags.pop(epc).observed:
            yield Word(epc=epc, at_s=now_s, state=GONE)


def _sight(sightings: dict[str, _Sighting], zone: str, at_s: float, rule: Smoothing) -> None:
    if zone not in sightings:
        sightings[zone] = _Sighting(at_s, at_s)
    elif sightings[zone].see(at_s, rule):
        sightings[zone] = sightings.pop(zone)
