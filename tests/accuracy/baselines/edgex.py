"""
The mobility profile of EdgeX's RFID inventory (app-rfid-llrp-inventory): the open rule that is used in practice.

Each antenna keeps the last 20 levels of a tag. A read elsewhere moves the tag if that antenna has at least two levels
and their mean beats the present place's mean by an offset, which falls with the time since the present place was read.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from core.site import Site
from tallyport.score import Published
from tallyport.score.presence import PRESENT, Word
from tests.accuracy.decisions import GONE, Placer, Watcher, antenna_zone
from tests.accuracy.recording import Read

LEVELS_KEPT: Final = 20
LEVELS_MIN: Final = 2
TICK_S: Final = 1.0
"""How often departures are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How easily a tag moves; slope is dB a millisecond since the present place was read."""

    slope: float
    threshold_db: float
    holdoff_ms: float

    def offset_db(self, silent_ms: float) -> float:
        """By how much the other place must be louder."""
        return min(self.threshold_db, self.slope * silent_ms + self.threshold_db - self.slope * self.holdoff_ms)


ASSET_TRACKING: Final = Profile(slope=-0.008, threshold_db=6.0, holdoff_ms=500.0)
RETAIL_GARMENT: Final = Profile(slope=-0.0005, threshold_db=6.0, holdoff_ms=60_000.0)

_Antenna = tuple[str, int]


class _Tag:
    """Where a tag is taken to be, and what each antenna heard."""

    def __init__(self) -> None:
        self.at: _Antenna | None = None
        self.levels: dict[_Antenna, deque[float]] = defaultdict(lambda: deque(maxlen=LEVELS_KEPT))
        self.read_s: dict[_Antenna, float] = {}

    def take(self, read: Read, profile: Profile) -> None:
        """Take one read, and move if the profile says so."""
        here = (read.reader, read.antenna)
        self.levels[here].append(read.rssi_dbm)
        self.read_s[here] = read.at_s
        if self.at is None:
            self.at = here
        elif here != self.at and len(self.levels[here]) >= LEVELS_MIN:
            offset_db = profile.offset_db((read.at_s - self.read_s[self.at]) * 1000.0)
            if _mean(self.levels[here]) > _mean(self.levels[self.at]) + offset_db:
                self.at = here


def edgex_zone(profile: Profile) -> Placer:
    """Publish the zone of the antenna that a tag is at, whenever it is another (Arrived and Moved events)."""

    def place(reads: Sequence[Read], site: Site) -> Iterator[Published]:
        zones, said = antenna_zone(site), dict[str, str]()
        tags: dict[str, _Tag] = defaultdict(_Tag)
        for read in reads:
            tag = tags[read.epc]
            tag.take(read, profile)
            assert tag.at is not None
            if said.get(read.epc) != zones[tag.at]:
                said[read.epc] = zones[tag.at]
                yield Published(epc=read.epc, at_s=read.at_s, zone=zones[tag.at])

    return place


def edgex_presence(departed_s: float) -> Watcher:
    """Arrived with the first read, Departed after `departed_s` without one, looked at each second."""

    def watch(reads: Sequence[Read], _site: Site) -> Iterator[Word]:
        last: dict[str, float] = {}
        tick_s = reads[0].at_s
        for read in reads:
            while tick_s < read.at_s:
                tick_s += TICK_S
                for epc in [epc for epc, seen_s in last.items() if tick_s - seen_s > departed_s]:
                    del last[epc]
                    yield Word(epc=epc, at_s=tick_s, state=GONE)
            if read.epc not in last:
                yield Word(epc=read.epc, at_s=read.at_s, state=PRESENT)
            last[read.epc] = read.at_s

    return watch


def _mean(levels: deque[float]) -> float:
    return sum(levels) / len(levels)
