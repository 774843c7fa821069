"""
A hall with twelve fixed BLE receivers, and a beacon whose place is known to 0.04 m (tetam, CC0).

Training is a walk test: at each of the 126 surveyed points a stand of a minute, its packets drawn from the point's
own histogram at its own rates. Test are the nine tracks, of which no packet is in the training.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final

from core.site import Antenna, EngineParameters, Site
from tests.accuracy.data import data_folder, rows
from tests.accuracy.plans import Box, nearest_box, reader, room
from tests.accuracy.recording import Place, Read, Recording, epc_of

FOLDER: Final = "ble_tetam_cc0"
WIDTH_M, HEIGHT_M = 20.66, 17.65
SQUARE_M: Final = 5.0
EDGES_X: Final = (0.0, 5.0, 10.0, 15.0, WIDTH_M)
EDGES_Y: Final = (0.0, 5.0, 10.0, 15.0, HEIGHT_M)
STAND_S: Final = 60.0
WALK_S: Final = 5.0
"""Between two points of the walk test."""
START_S: Final = 1_580_000_000.0
SEED: Final = 1
RANGE_M: Final = 20.0
BEACON: Final = epc_of(0xB1E)

Point = tuple[str, float, float]
"""Set of the survey, x, y."""


def boxes() -> list[Box]:
    """Squares of 5 m; the last column and row take what is left of the hall."""
    return [
        Box(id=f"square-{column}-{row}", left=left, low=low, right=right, high=high)
        for column, (left, right) in enumerate(pairwise(EDGES_X))
        for row, (low, high) in enumerate(pairwise(EDGES_Y))
    ]


def zone_at(x: float, y: float) -> str:
    """Name the square of a point; one beyond the walls by a few centimetres is in the nearest."""
    return nearest_box(boxes(), x, y)


@cache
def receivers() -> dict[str, tuple[str, float, float, float]]:
    """Receiver's address -> name, x, y, z."""
    first = (data_folder(FOLDER) / "tetam.dev").read_text("utf-8").splitlines()[0]
    found = json.loads(first.removeprefix("Dongles:"))
    return {mac: (name, *map(float, place)) for mac, (place, _colour, name) in found.items()}


def site() -> Site:
    """The hall: one reader with one antenna for each receiver."""
    readers = [
        reader(name, Antenna(port=1, x=x, y=y, z=z, zone=zone_at(x, y), range_m=RANGE_M))
        for name, x, y, z in sorted(receivers().values())
    ]
    return room("tetam", boxes(), readers, EngineParameters(environment="open"))


def walk_test() -> Recording:
    """Stand for a minute at each surveyed point, set after set, row after row."""
    reads: list[Read] = []
    truth: list[Place] = []
    chance = random.Random(SEED)
    at_s = START_S
    for point, heard in sorted(_survey().items()):
        _set, x, y = point
        reads += _stand(heard, at_s, chance)
        truth.append(Place(BEACON, at_s, at_s + STAND_S, zone_at(x, y), x, y))
        at_s += STAND_S + WALK_S
    return Recording(site=site(), reads=reads, truth=truth)


def tracks() -> dict[str, Recording]:
    """The nine tracks by name, each a tag of its own; the truth has a row for each read."""
    by_track: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(data_folder(FOLDER) / "tracks.csv.gz"):
        by_track[row["track"]].append(row)
    return {
        name: _track(sorted(lines, key=lambda row: float(row["t"])), epc_of(number + 1))
        for number, (name, lines) in enumerate(sorted(by_track.items()))
    }


def together(some: dict[str, Recording]) -> Recording:
    """Put tracks together as one recording, in time order."""
    ordered = sorted(some.values(), key=lambda track: track.reads[0].at_s)
    reads = [read for track in ordered for read in track.reads]
    return Recording(site=site(), reads=reads, truth=[place for track in ordered for place in track.truth])


def _survey() -> dict[Point, list[tuple[str, int, float]]]:
    """Point -> (receiver, dBm, packets a second)."""
    survey: dict[Point, list[tuple[str, int, float]]] = defaultdict(list)
    names = {mac: name for mac, (name, *_) in receivers().items()}
    for row in rows(data_folder(FOLDER) / "fingerprint_histograms.csv.gz"):
        point = (row["set"], float(row["px"]), float(row["py"]))
        rate = int(row["count"]) / float(row["duration_s"])
        survey[point].append((names[row["sensor"]], int(row["rssi"]), rate))
    return survey


def _stand(heard: list[tuple[str, int, float]], at_s: float, chance: random.Random) -> list[Read]:
    """Draw the packets of one stand: each (receiver, dBm) comes as chance will have it at its own rate."""
    reads = [
        Read(at_s + when, name, 1, BEACON, float(dbm)) for name, dbm, rate in heard for when in _times(rate, chance)
    ]
    return sorted(reads)


def _times(rate: float, chance: random.Random) -> Iterator[float]:
    when = chance.expovariate(rate)
    while when < STAND_S:
        yield when
        when += chance.expovariate(rate)


def _track(lines: list[dict[str, str]], epc: str) -> Recording:
    names = {mac: name for mac, (name, *_) in receivers().items()}
    reads = [Read(float(row["t"]), names[row["sensor"]], 1, epc, float(row["rssi"])) for row in lines]
    places = [(float(row["x"]), float(row["y"])) for row in lines]
    ends = [*(read.at_s for read in reads[1:]), reads[-1].at_s + 0.1]
    truth = [
        Place(epc, read.at_s, end, zone_at(x, y), x, y)
        for read, end, (x, y) in zip(reads, ends, places, strict=True)
        if end > read.at_s
    ]
    return Recording(site=site(), reads=reads, truth=truth)
