"""All protocols by name, and under which heading of the page each stands."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from tests.accuracy.protocols import bed, confidence, counts, doors, hall, hard, presence, silence, squares, warehouse
from tests.accuracy.report import Table

TAKEN: Final = (50, 10)
PIECES_S: Final = (30, 10)
# The longest first and, last, what can use its walk test.
PROTOCOLS: Final[Mapping[str, Callable[[], Table]]] = {
    warehouse.NAME: warehouse.run,
    bed.NAME: bed.run,
    hall.NAME: hall.run,
    presence.CROWD: presence.run_crowd,
    presence.LYING: presence.run_lying,
    **{f"{counts.NAME}-{taken}": partial(counts.run, taken) for taken in TAKEN},
    counts.RULES: counts.run_rules,
    **{f"{squares.NAME}-{piece_s}": partial(squares.run, piece_s) for piece_s in PIECES_S},
    doors.NAME: doors.run,
    silence.NAME: silence.run,
    hard.NAME: hard.run,
    confidence.NAME: confidence.run,
}
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Where a tag is: real recordings": (bed.NAME, hall.NAME),
    "Whether a tag is there": (presence.CROWD, presence.LYING, silence.NAME),
    "What is missing": (*(f"{counts.NAME}-{taken}" for taken in TAKEN), counts.RULES),
    "Where a tag is: simulated rooms": (
        *(f"{squares.NAME}-{piece_s}" for piece_s in PIECES_S),
        warehouse.NAME,
        hard.NAME,
    ),
    "How sure to be": (confidence.NAME,),
    "What happened at a door": (doors.NAME,),
}
