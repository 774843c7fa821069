"""
The scenarios: how busy the warehouse is, what is stolen when, and what goes wrong by itself.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from firmware_sim.faults import Fault
from firmware_sim.truth import EventKind

Layout = Literal[
    # The demo warehouse.
    "warehouse",
    # The same with its dock doors in pairs, side by side.
    "twin doors",
    # One open hall with four antennas.
    "hall",
]
NEVER_S: Final = math.inf
ALWAYS_S: Final = 1e9


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
    layout: Layout = "warehouse"
    tags_max: int = 10_000_000
    rate_max: float = math.inf
    """What a small place holds, and what its one reader can read in a second."""
    shuffle_every_s: float = NEVER_S
    """Somebody carries a few tags from any zone to any other."""
    linger_every_s: float = NEVER_S
    """A forklift drives into a portal, waits, and drives back."""
    wait_in_door_s: float = 0.0
    """So long a shipment waits inside the portal before it goes out, about."""
    beside_doors: int = 0
    """So many units stand beside each dock door, outside its zone, for good."""
    weak_share: float = 0.0
    """Share of tags on metal or liquid: they answer one time in four (hardship.py)."""
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
_CALM: Final = replace(_STANDARD, theft_every_s=NEVER_S, thefts_at_s={}, faults=())
_HARD: Final = (
    replace(
        _CALM,
        name="hall",
        about="hard: one open hall, four antennas that overlap, things carried from square to square",
        layout="hall",
        tags_max=600,
        rate_max=400.0,
        inbound_every_s=NEVER_S,
        ship_every_s=NEVER_S,
        pick_every_s=NEVER_S,
        tidy_every_s=NEVER_S,
        shuffle_every_s=2.0,
        forklifts=0,
        people=8,
    ),
    replace(
        _CALM,
        name="beside-door",
        about="hard: pallets stand right beside busy dock doors for good",
        inbound_every_s=14.0,
        ship_every_s=6.0,
        beside_doors=2,
    ),
    replace(
        _CALM,
        name="waiting-forklift",
        about="hard: forklifts wait inside the portals; some go out afterwards, some go back",
        linger_every_s=12.0,
        wait_in_door_s=20.0,
    ),
    replace(
        _CALM,
        name="metal-liquid",
        about="hard: every third tag is on metal or liquid, and answers one time in four",
        weak_share=1 / 3,
    ),
    replace(
        _CALM,
        name="dead-antenna",
        about="hard: one of four antennas of an aisle and one of a dock door hear nothing",
        faults=(
            Fault(kind="antenna", reader="aisle-1cd", from_s=0.0, to_s=ALWAYS_S, parameters={"port": 2.0}),
            Fault(kind="antenna", reader="dock-4", from_s=0.0, to_s=ALWAYS_S, parameters={"port": 3.0}),
        ),
    ),
    replace(
        _CALM,
        name="fast-clock",
        about="hard: a receiving reader's clock runs five minutes ahead",
        faults=(Fault(kind="clock", reader="recv-1", from_s=0.0, to_s=ALWAYS_S, parameters={"offset_s": 300.0}),),
    ),
    replace(
        _CALM,
        name="twin-doors",
        about="hard: dock doors in pairs, side by side, busy both",
        layout="twin doors",
        inbound_every_s=14.0,
        ship_every_s=6.0,
    ),
)
SCENARIOS: Final = {scenario.name: scenario for scenario in (_STANDARD, _DAY, _SHRINKAGE, *_HARD)}
