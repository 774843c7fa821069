"""A tag's visit to a door as one row of features, and the two simplest verdicts on it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.site import Site
from tallyport.score.truth import Passage
from tests.accuracy.baselines.histograms import Antenna, Floats
from tests.accuracy.decisions import antenna_zone
from tests.accuracy.recording import Read

SILENCE_S: Final = 3.0
"""A visit ends where the tag is unheard for longer."""
FOLLOW: Final = 0.2
"""How far the smoothed level follows each read; its range is a feature."""
LOUD_DBM: Final = -55.0
ALONE: Final = 3
"""An antenna with fewer reads has no slope and no spread."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One tag's reads at one door, in time order."""

    epc: str
    door: str
    reads: list[Read]

    def said(self, verdict: str, direction: str = "none") -> Passage:
        """Put a verdict on it."""
        first, last = self.reads[0].at_s, self.reads[-1].at_s
        return Passage(epc=self.epc, door=self.door, from_s=first, to_s=last, verdict=verdict, direction=direction)


def visits(reads: Sequence[Read], site: Site) -> Iterator[Visit]:
    """Cut each tag's reads at each door where it was silent; reads elsewhere don't count."""
    doors = {door.zone: door.id for door in site.doors}
    zones = antenna_zone(site)
    held: dict[tuple[str, str], list[Read]] = defaultdict(list)
    for read in reads:
        door = doors.get(zones[read.reader, read.antenna])
        if door is None:
            continue
        own = held[read.epc, door]
        if own and read.at_s - own[-1].at_s > SILENCE_S:
            yield Visit(read.epc, door, own)
            own = held[read.epc, door] = []
        own.append(read)
    yield from (Visit(epc, door, own) for (epc, door), own in held.items())


def antennas(site: Site) -> list[tuple[Antenna, float, float]]:
    """List the antennas with their places, metres."""
    return [((reader.id, a.port), a.x, a.y) for reader in site.readers for a in reader.antennas]


def features(visit: Visit, site: Site) -> Floats:
    """
    Tell how the levels went, without how many reads there were: float64[8 + 6 A].

    Over the antennas: the sum of slopes times the antenna's distance from the middle along x and along y, and likewise
    of the times at which the power was centred, signed and then not. For each antenna: heard, mean, sd, range of the
    smoothed level, time of the loudest as a part of the visit, slope.
    """
    places = antennas(site)
    begin_s, length_s = visit.reads[0].at_s, max(visit.reads[-1].at_s - visit.reads[0].at_s, 0.1)
    rows = np.array([_one(visit, where, begin_s, length_s) for where, _, _ in places])
    across = np.array([(x, y) for _, x, y in places])
    across = across - across.mean(axis=0)
    heard, slope, centred = rows[:, 0], rows[:, 5], rows[:, 6]
    middle = (centred * heard).sum() / max(heard.sum(), 1.0)
    over = np.concatenate((slope @ across, ((centred - middle) * heard) @ across))
    told: Floats = np.concatenate((over, np.abs(over), rows[:, :6].ravel()))
    return told


def _one(visit: Visit, where: Antenna, begin_s: float, length_s: float) -> list[float]:
    own = [read for read in visit.reads if (read.reader, read.antenna) == where]
    if len(own) < ALONE:
        return [0.0, -75.0, 0.0, 0.0, 0.5, 0.0, 0.5]
    at = np.array([(read.at_s - begin_s) / length_s for read in own])
    dbm = np.array([read.rssi_dbm for read in own])
    smooth = [dbm[0]]
    for level in dbm[1:]:
        smooth.append(smooth[-1] + FOLLOW * (level - smooth[-1]))
    power = 10.0 ** (dbm / 10.0)
    slope = float(np.cov(at, dbm)[0, 1] / max(at.var(ddof=1), 1e-6))
    ranged = max(smooth) - min(smooth)
    return [1.0, dbm.mean(), dbm.std(), ranged, float(at[dbm.argmax()]), slope, float(power @ at / power.sum())]


def all_out(reads: Sequence[Read], site: Site) -> list[Passage]:
    """Whatever is read at the door has gone out: the portal without a second thought."""
    return [visit.said("through", "out") for visit in visits(reads, site)]


def loud_out(reads: Sequence[Read], site: Site) -> list[Passage]:
    """Only what is once read loudly has gone out; the rest stood there."""
    seen = [(visit, max(read.rssi_dbm for read in visit.reads)) for visit in visits(reads, site)]
    return [visit.said("through", "out") if dbm >= LOUD_DBM else visit.said("static") for visit, dbm in seen]
