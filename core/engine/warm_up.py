"""Every kernel is compiled here, by a small warehouse of a few seconds that nobody sees."""

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from core.columns import parse_keys
from core.engine.engine import Engine
from core.engine.kernels_silence import go_out
from core.engine.passages import Passages
from core.engine.pending import ROOM
from core.engine.plan import taught_plan
from core.engine.records import new_out
from core.engine.settled import Settled
from core.model.batch import Batch
from core.model.columns import READ_DTYPES, ReadColumns
from core.site import Antenna, Door, EngineParameters, Reader, Site, Zone, ZoneKind

SECOND_US = 1_000_000
BOTH: Final = ("E280", "E281")
CROWD: Final = tuple(f"E2{n:06X}" for n in range(ROOM + 1))
"""More than there is room for at first."""


@cache
def warm_up() -> None:
    """Run a throwaway engine through every kind of step, once a process."""
    engine = Engine(small_site())
    for second in range(4):
        engine.step(Batch(reads=_reads(second, BOTH)), (second + 1) * SECOND_US)
    engine.step(Batch(reads=_reads(1, BOTH)), 5 * SECOND_US)
    for second in range(5, 60):  # somebody listens while one is silent, so that it is missed
        engine.step(Batch(reads=_reads(second, BOTH[1:])), (second + 1) * SECOND_US)
    engine.step(Batch(reads=_reads(58, BOTH[1:])), 60 * SECOND_US)  # overtaken, and not too late
    engine.explain(BOTH[1])
    engine.step(Batch(reads=_reads(60, CROWD)), 61 * SECOND_US)
    engine.step(Batch.empty(), 600 * SECOND_US)
    _go_out(engine.site)
    other = Engine(small_site())
    other.restore(engine.checkpoint(), list(enumerate((*BOTH, *CROWD))))


def _go_out(site: Site) -> None:
    """A door has to have judged many reads before anything goes out, so what happens then is called by itself."""
    settled = Settled(site, taught_plan(site, None), Passages(site, None))
    go_out(0, 0, 1, settled.tags[0], settled.belief, settled.health, settled.plan, new_out(1))


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


def _reads(second: int, epcs: Sequence[str]) -> ReadColumns:
    """Each read in the room, and the first at the door as well."""
    keys, n = parse_keys([*epcs, epcs[0]]), len(epcs) + 1
    seen_us = second * SECOND_US + 10 * np.arange(n)
    given = {"seen_us": seen_us, "raw_us": seen_us, "arrived_us": np.full(n, seen_us[-1]), "epc_hi": keys.hi}
    given |= {"epc_lo": keys.lo, "read_point": np.array([1] * len(epcs) + [2]), "rssi_dbm": np.full(n, -60.0)}
    given |= {"count": np.ones(n)}
    return ReadColumns(**{name: given.get(name, np.zeros(n)).astype(dtype) for name, dtype in READ_DTYPES.items()})
