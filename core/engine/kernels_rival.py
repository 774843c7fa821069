"""A passage beside what else hears its tag: antennas elsewhere that hear it better or later, and other doors."""

from typing import Final

from core.engine.kernels_jit import njit
from core.engine.kernels_passage_window import bins_of
from core.engine.records import Row
from core.engine.records_passage import ANTENNAS, BIN_US, BINS, SILENT_DBM, AtDoors, Work
from core.model.columns import UNHEARD_DBM

CLEAR_DB: Final = 20.0
"""By more than this nobody is louder, and it is what a tag counts as that nobody else hears."""
END_BINS: Final = 8
"""Two seconds at either end of a passage."""
RIVAL: Final = 41
"""The first of the four features here."""


@njit
def note_rival(tag: int, door: int, seen_us: int, dbm: float, at: AtDoors) -> None:
    """
    Take it that a tag is heard by an antenna that is none of a door's, for its open passages at other doors.

    tag      int
    door     int      of the antenna, or -1
    seen_us  int
    dbm      float    UNHEARD_DBM for a read without one
    at       AtDoors  in and out: open
    """
    if dbm <= UNHEARD_DBM:
        return
    v = at.head[tag]
    while v >= 0:
        visit = at.visits[v]
        if visit["door"] != door and visit["passage"] >= 0:
            row = at.open[visit["passage"]]
            b = (seen_us - row["opened_us"]) // BIN_US
            if 0 <= b < BINS and dbm > row["rival_dbm"][b]:
                row["rival_dbm"][b] = dbm
        v = visit["next"]


@njit
def lead(row: Row, first: int, last: int) -> float:
    """
    Say by how much the door hears a tag better than all else does over a part of a passage, dB, CLEAR_DB at most.

    row          PASSAGE
    first, last  int      the bins to look at
    """
    own, rival = SILENT_DBM, SILENT_DBM
    for b in range(first, last):
        rival = max(rival, row["rival_dbm"][b])
        for a in range(ANTENNAS):
            if row["count"][a, b] > 0:
                own = max(own, row["sum"][a, b] / row["count"][a, b])
    return float(min(max(own - rival, -CLEAR_DB), CLEAR_DB))


@njit
def contrast(row: Row, work: Work) -> None:
    """
    Put down how a door hears a tag beside all else that does: in all, at first, at last; and who hears it afterwards.

    The last is 1 where something else does, -1 where something else did before, and 0 where nothing ever did.

    row   PASSAGE
    work  Work     out: features RIVAL and the three after it
    """
    n = bins_of(row)
    work.feature[RIVAL] = lead(row, 0, n)
    work.feature[RIVAL + 1] = lead(row, 0, min(END_BINS, n))
    work.feature[RIVAL + 2] = lead(row, max(n - END_BINS, 0), n)
    before, after = False, False
    for b in range(BINS):
        if row["rival_dbm"][b] > SILENT_DBM:
            before, after = before or b < n, after or b >= n
    work.feature[RIVAL + 3] = 1.0 if after else -1.0 if before else 0.0
