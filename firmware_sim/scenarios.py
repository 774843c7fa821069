"""
The scenarios: how busy the warehouse is, what is stolen when, and what goes wrong by itself.
"""

from dataclasses import dataclass, field
from typing import Final

from firmware_sim.faults import Fault
from firmware_sim.truth import EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Seconds between happenings of each kind, and the times of what is planted at the start."""

    name: str
    about: str
    inbound_every_s: float
    ship_every_s: float
    pick_every_s: float
    tidy_every_s: float
    """Returns, quarantine and roll cages, in turn."""
    theft_every_s: float
    """After the first ones; kinds in turn."""
    thefts_at_s: dict[EventKind, tuple[float, ...]]
    missing_after_s: dict[str, float]
    reader_offline_after_s: float = 20.0
    forklifts: int = 16
    people: int = 14
    faults: tuple[Fault, ...] = field(default=())


_STANDARD: Final = Scenario(
    name="standard",
    about="an afternoon: goods in and out, three thefts in the first half minute, one reader that dies for a while",
    inbound_every_s=24.0,
    ship_every_s=9.0,
    pick_every_s=3.0,
    tidy_every_s=12.0,
    theft_every_s=75.0,
    thefts_at_s={"theft_exit": (3.0,), "theft_door": (11.0,), "theft_shielded": (2.0,)},
    missing_after_s={"storage": 75.0, "cage": 30.0},
    faults=(Fault(kind="silence", reader="aisle-2gh", from_s=16.0, to_s=46.0),),
)
_DAY: Final = Scenario(
    name="day",
    about="a whole day's work, to be run with --speed: steady traffic, a theft now and then, a reader restarted",
    inbound_every_s=60.0,
    ship_every_s=45.0,
    pick_every_s=6.0,
    tidy_every_s=40.0,
    theft_every_s=1_800.0,
    thefts_at_s={"theft_exit": (600.0,), "theft_door": (1_500.0,), "theft_shielded": (300.0,)},
    missing_after_s={"storage": 600.0, "cage": 300.0},
    reader_offline_after_s=60.0,
    faults=(
        Fault(kind="reboot", reader="stage-1", from_s=900.0, to_s=960.0),
        Fault(kind="disconnect", reader="recv-1", from_s=1_200.0, to_s=1_260.0),
    ),
)
_SHRINKAGE: Final = Scenario(
    name="shrinkage",
    about="a bad day: a theft every quarter minute, by the exit, by a dock door, or in a lined bag",
    inbound_every_s=30.0,
    ship_every_s=16.0,
    pick_every_s=4.0,
    tidy_every_s=15.0,
    theft_every_s=15.0,
    thefts_at_s={"theft_exit": (2.0, 16.0), "theft_door": (8.0, 24.0), "theft_shielded": (1.0, 5.0)},
    missing_after_s={"storage": 60.0, "cage": 30.0},
)
SCENARIOS: Final = {scenario.name: scenario for scenario in (_STANDARD, _DAY, _SHRINKAGE)}
