"""Two storage rooms with a reader each, over an hour and a half, in which one reader falls silent for an hour."""

import random
from typing import Final

from core.site import Antenna, EngineParameters, Site, ZoneKind
from tests.accuracy.plans import Box, reader, room
from tests.accuracy.recording import Place, Read, Recording, epc_of

SEED: Final = 1
START_S: Final = 1_650_000_000.0
TAGS_EACH: Final = 40
RUN_S: Final = 5_400.0
SILENT_FROM_S, SILENT_TO_S = 900.0, 4_500.0
GAP_S: Final = 12.0
"""Mean time between two reads of a tag: a crowded reader in storage."""
MISSING_AFTER_S: Final = 600.0
SILENCED: Final = "left-1"
LEVEL_DBM, LEVEL_SD_DB = -58.0, 2.0


def site() -> Site:
    """Two rooms side by side; a tag unheard for ten minutes is to be missed."""
    boxes = [
        Box(id="left", left=0.0, low=0.0, right=8.0, high=8.0, kind=ZoneKind.STORAGE),
        Box(id="right", left=8.0, low=0.0, right=16.0, high=8.0, kind=ZoneKind.STORAGE),
    ]
    readers = [
        reader(f"{zone}-1", Antenna(port=1, x=x, y=4.0, zone=zone, range_m=7.0))
        for zone, x in (("left", 4.0), ("right", 12.0))
    ]
    return room("shelves", boxes, readers, EngineParameters(missing_after_s=MISSING_AFTER_S))


def recording() -> Recording:
    """All tags stay where they are; the silenced reader tells nothing for an hour."""
    chance = random.Random(SEED)
    reads: list[Read] = []
    truth: list[Place] = []
    for number in range(2 * TAGS_EACH):
        zone = "left" if number < TAGS_EACH else "right"
        epc = epc_of(number)
        truth.append(Place(epc, START_S, START_S + RUN_S, zone))
        reads += _reads(epc, f"{zone}-1", chance)
    return Recording(site=site(), reads=sorted(reads), truth=truth)


def _reads(epc: str, of: str, chance: random.Random) -> list[Read]:
    reads, at_s = [], chance.uniform(0.0, GAP_S)
    while at_s < RUN_S:
        if of != SILENCED or not SILENT_FROM_S <= at_s < SILENT_TO_S:
            reads.append(Read(START_S + at_s, of, 1, epc, chance.gauss(LEVEL_DBM, LEVEL_SD_DB)))
        at_s += chance.expovariate(1.0 / GAP_S)
    return reads
