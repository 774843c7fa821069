"""The points of a survey, and the levels heard in the seconds before an instant: what methods of position share."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from shapely import Point, Polygon

from core.site import Site, Zone
from tests.accuracy.baselines.histograms import Antenna, Floats
from tests.accuracy.recording import Read, Recording


class Heard(NamedTuple):
    """What a tag's antennas heard on average in the seconds before an instant."""

    at_s: float
    epc: str
    dbm: dict[Antenna, float]


def points_of(training: Recording) -> tuple[Floats, list[int]]:
    """List the places of the truth, float64[P, 2] in metres, and for each row of the truth the number of its place."""
    places = [(place.x, place.y) for place in training.truth]
    known = {place: number for number, place in enumerate(dict.fromkeys(places))}
    return np.array(list(known), np.float64), [known[place] for place in places]


def zone_of(site: Site, x: float, y: float) -> str:
    """Name the zone of a point, or the nearest one."""
    point = Point(x, y)
    return min(_shapes_of(site.zones), key=lambda shape: shape[1].distance(point))[0]


@cache
def _shapes_of(zones: tuple[Zone, ...]) -> list[tuple[str, Polygon]]:
    return [(zone.id, Polygon(zone.polygon)) for zone in zones]


def heard(reads: Sequence[Read], window_s: float, every_s: float) -> Iterator[Heard]:
    """For each tag, at most every so often, average each antenna's levels over the last seconds."""
    held: dict[str, deque[Read]] = defaultdict(deque)
    told: dict[str, float] = {}
    for read in reads:
        recent = held[read.epc]
        recent.append(read)
        while recent[0].at_s < read.at_s - window_s:
            recent.popleft()
        if read.at_s - told.get(read.epc, -every_s) >= every_s:
            told[read.epc] = read.at_s
            levels: dict[Antenna, list[float]] = defaultdict(list)
            for one in recent:
                levels[one.reader, one.antenna].append(one.rssi_dbm)
            yield Heard(read.at_s, read.epc, {where: sum(dbm) / len(dbm) for where, dbm in levels.items()})
