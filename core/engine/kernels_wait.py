"""A passage that lasts: who stands in a doorway for long has his arrival and his departure judged, not his wait."""

from typing import Final

from core.engine.kernels_jit import njit_roomy
from core.engine.kernels_kind import likeliest_kind, weigh_kinds
from core.engine.records import Row
from core.engine.records_passage import (
    ANTENNAS,
    BIN_US,
    BINS,
    LONGEST_US,
    SILENT_DBM,
    STATIC,
    AtDoors,
    Doors,
    Work,
)

ARRIVAL_BINS: Final = BINS // 2
"""So much of a passage's begin is kept, whatever happens afterwards."""
CUT_BINS: Final = BINS // 4
"""So much of what follows is taken out at a time."""
WAIT_US_MAX: Final = 180_000_000
"""Who has waited this long stands there, and gets a verdict."""


@njit_roomy
def cut_wait(row: Row) -> None:
    """
    Take a part out of the middle of a passage, as if its tag had waited that much less.

    row  PASSAGE  in and out
    """
    for b in range(ARRIVAL_BINS, BINS):
        later = b + CUT_BINS
        row["rival_dbm"][b] = row["rival_dbm"][later] if later < BINS else SILENT_DBM
        for a in range(ANTENNAS):
            row["count"][a, b] = row["count"][a, later] if later < BINS else 0
            row["sum"][a, b] = row["sum"][a, later] if later < BINS else 0.0
            row["square"][a, b] = row["square"][a, later] if later < BINS else 0.0
    row["opened_us"] += CUT_BINS * BIN_US
    row["waited_us"] += CUT_BINS * BIN_US


@njit_roomy
def goes_on(p: int, at_us: int, doors: Doors, at: AtDoors, work: Work) -> bool:
    """
    Say whether a passage goes on at a time though it has lasted as long as one may: one that came and is still heard.

    What looks like a thing that only stands there goes on in no case.

    p      int      of an open passage
    at_us  int      less than the silence that ends it after its last read
    doors  Doors
    at     AtDoors  in and out: the middle of the passage is taken out
    work   Work     room
    """
    row = at.open[p]
    while at_us - row["opened_us"] >= LONGEST_US:
        weigh_kinds(row, at.visits[row["visit"]]["door"], doors, work)
        if row["waited_us"] >= WAIT_US_MAX or likeliest_kind(work.logits) == STATIC:
            return False
        cut_wait(row)
    return True
