"""One read of one tag, weighed in the open: the filter's own kernels, with what they did to each zone written down."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.engine.kernels_belief import anywhere, drift, temper, weigh
from core.engine.kernels_fold import PRESENT, fold_read, revive
from core.engine.kernels_sway import sway_on
from core.engine.records import Floats32, Plan, Records, Row
from core.engine.records_belief import Belief, Scratch
from core.engine.settled import Settled
from core.model.columns import NOWHERE

SECOND_US = 1e6


@dataclass(frozen=True, slots=True)
class Copy:
    """One tag as it is settled, to be moved on by reads that are not: rows is TAG[1], belief has one row."""

    rows: Records
    belief: Belief

    @classmethod
    def of(cls, tag: int, settled: Settled) -> "Copy":
        """Copy a tag's rows."""
        rows, held = settled.tags[tag : tag + 1].copy(), settled.belief
        one = slice(tag, tag + 1)
        place, weight, gain, sway = (held.place[one], held.weight[one], held.gain[one], held.sway[one])
        return cls(rows, Belief(place.copy(), weight.copy(), gain.copy(), sway.copy()))

    @property
    def row(self) -> Row:
        """The tag's row: a view."""
        return self.rows[0]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A read, how much it counted (0..1), and by how much it changed the logarithm of each zone's probability."""

    read: Row
    counts: float
    log_weight: dict[int, float]


def fold(copy: Copy, read: Row, plan: Plan, scratch: Scratch) -> Weighed:
    """Take one read, EVIDENCE, into a copy as the line does, and say what each zone made of it."""
    if copy.row["state"] != PRESENT:
        revive(0, copy.row, read["seen_us"], copy.belief)
    row = copy.rows.copy()[0]
    counts = plan.evidence * temper(row, read, plan.temper_s)
    gap_s = (read["seen_us"] - row["seen_us"]) / SECOND_US
    if copy.belief.place[0, 0] == NOWHERE:
        n = anywhere(read["read_point"], plan, scratch)
    else:
        n = drift(0, gap_s, read["read_point"], copy.belief, plan, scratch)
    if plan.noise.size:
        sway_on(0, gap_s, copy.belief, plan, scratch, n)
    place, before = scratch.place[:n].copy(), scratch.weight[:n].copy()
    weigh(row, read, counts, plan, scratch, n)
    after = scratch.weight[:n].copy()
    scratch.at[place] = NOWHERE  # as the kernels want to find it
    fold_read(0, copy.row, read, copy.belief, plan, scratch)
    if plan.ear_of[read["read_point"]] >= 0:
        counts = 1.0
    return Weighed(read.copy(), float(counts), _by_zone(plan.place_zone[place], before, after))


def _by_zone(zone: npt.NDArray[np.int16], before: Floats32, after: Floats32) -> dict[int, float]:
    found = {}
    for one in np.unique(zone).tolist():
        was, now = before[zone == one].sum() / before.sum(), after[zone == one].sum() / after.sum()
        if was > 0.0 and now > 0.0:
            found[one] = float(np.log(now / was))
    return found
