"""Every kernel is compiled here, by a small warehouse of a few seconds that nobody sees."""

from functools import cache

import numpy as np

from core.columns import parse_keys
from core.engine.engine import Engine
from core.model.batch import Batch
from core.model.columns import READ_DTYPES, ReadColumns
from core.site import Antenna, Door, EngineParameters, Reader, Site, Zone, ZoneKind

SECOND_US = 1_000_000


@cache
def warm_up() -> None:
    """Run a throwaway engine through every kind of step, once a process."""
    engine = Engine(small_site())
    for second in range(4):
        engine.step(Batch(reads=_reads(second)), (second + 1) * SECOND_US)
    engine.step(Batch(reads=_reads(1)), 5 * SECOND_US)
    engine.step(Batch.empty(), 600 * SECOND_US)
    other = Engine(small_site())
    other.restore(engine.checkpoint(), [(0, "E280"), (1, "E281")])


def small_site() -> Site:
    """One room with a door, one reader at each."""
    room = Zone(id="room", name="Room", kind=ZoneKind.STORAGE, polygon=((0, 0), (9, 0), (9, 9), (0, 9)))
    door = Zone(id="door", name="Door", kind=ZoneKind.DOCK_DOOR, polygon=((9, 0), (12, 0), (12, 9), (9, 9)))
    antennas = (Antenna(port=1, x=4.0, y=4.0, zone="room"), Antenna(port=2, x=10.5, y=4.0, zone="door", range_m=3.0))
    return Site(
        id="warm-up",
        name="Warm-up",
        timezone="UTC",
        width_m=12.0,
        height_m=9.0,
        zones=(room, door),
        readers=(Reader(id="reader", name="Reader", antennas=antennas),),
        doors=(Door(id="door", name="Door", zone="door"),),
        engine=EngineParameters(leave_after_s=1.0, missing_after_s=2.0),
    )


def _reads(second: int) -> ReadColumns:
    keys = parse_keys(["E280", "E281", "E280"])
    seen_us = second * SECOND_US + np.array([0, 10, 20], np.int64)
    given = {"seen_us": seen_us, "raw_us": seen_us, "arrived_us": np.full(3, seen_us[-1]), "epc_hi": keys.hi}
    given |= {"epc_lo": keys.lo, "read_point": np.array([1, 2, 2]), "rssi_dbm": np.full(3, -60.0), "count": np.ones(3)}
    return ReadColumns(**{name: given.get(name, np.zeros(3)).astype(dtype) for name, dtype in READ_DTYPES.items()})
