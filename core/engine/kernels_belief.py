"""Where a tag may be: a Bayes filter over places, a few of them a tag, moved on by time and by each read."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit, njit_inlined
from core.engine.kernels_offset import offset_of
from core.engine.kernels_sway import learn_sway, sway_on
from core.engine.records import LAST, Plan, Row
from core.engine.records_belief import GAIN_UNIT_DB, UNHEARD, WEIGHT_UNIT, Belief, Scratch
from core.model.columns import NOWHERE, UNHEARD_DBM

JUMP: Final = np.float32(0.001)
"""Part of those who leave that turn up anywhere in the read point's reach: plans are wrong, reads get lost."""
FAINT: Final = np.float32(1e-3)
"""Places believed in less than this send nobody on."""
WEIGHT_MIN: Final = np.float32(1e-6)
GAIN_READS: Final = np.float32(2.0)
"""How many reads it takes for what a tag's gain was thought to be, and what they say, to count alike."""
GAIN_READS_MAX: Final = np.float32(20.0)
"""Gains go on being learned: tags turn, and their surroundings change."""
GAIN_UNITS: Final = 32_767
SECOND_US: Final = 1e6
SECOND_MS: Final = 1e3


@njit
def temper(row: Row, read: Row, whole_s: float) -> float:
    """
    Say how much a read counts, 0..1: less if the same read point spoke of the tag a moment ago.

    row      TAG       its last reads, this one not among them yet
    read     EVIDENCE  a read of the tag, not older than the last one folded
    whole_s  float     time after which a read counts in full; 0 if each does
    """
    for k in range(LAST):
        if row["point"][k] == read["read_point"]:
            gap_s = (read["seen_us"] - row["seen_us"]) / SECOND_US + row["ago_ms"][k] / SECOND_MS
            return float(gap_s / whole_s) if gap_s < whole_s else 1.0
    return 1.0


@njit
def put(place: int, weight: np.float32, gain: np.float32, scratch: Scratch, n: int) -> int:
    """
    Add weight to a candidate, which is new if it isn't among them yet. Returns how many there are then.

    place, weight  int, float32  what
    gain           float32       the tag's gain if it is there, used for a new one
    scratch        Scratch       in and out, n candidates
    n              int           how many there are
    """
    at = scratch.at[place]
    if at >= 0:
        scratch.weight[at] += weight
        return n
    scratch.at[place] = n
    scratch.place[n] = place
    scratch.weight[n] = weight
    scratch.gain[n] = gain
    return n + 1


@njit
def anywhere(point: int, plan: Plan, scratch: Scratch) -> int:
    """
    List all that a read point hears, each as likely: where a tag may be of which nothing is known. Returns how many.

    point    int      the read point that reads it
    plan     Plan     hears is used
    scratch  Scratch  out: the candidates; `at` is filled
    """
    n = 0
    for place in range(plan.place_zone.size):
        if plan.hears[point, place, 3] >= UNHEARD:
            n = put(place, np.float32(1.0), np.float32(0.0), scratch, n)
    return n


@njit_inlined
def drift(tag: int, gap_s: float, point: int, belief: Belief, plan: Plan, scratch: Scratch) -> int:
    """
    List where a tag may be by now: where it was, the places beside those, and all that the read point hears.

    What left a place went to one of those beside it or came back, each as likely, so that however long a silence lasts,
    a tag is no likelier elsewhere than where it was. Returns how many.

    tag      int      its row in belief, which has at least one place
    gap_s    float    seconds since it was last read
    point    int      the read point that reads it now
    belief   Belief   in
    plan     Plan     nearby, next_place and leave_per_s are used
    scratch  Scratch  out: the candidates; `at` is filled
    """
    left = np.float32(1.0 - np.exp(-gap_s * plan.leave_per_s))
    n = 0
    for k in range(belief.place.shape[1]):
        if belief.place[tag, k] >= 0:
            stays = max(belief.weight[tag, k] * WEIGHT_UNIT * (np.float32(1.0) - left), WEIGHT_MIN)
            n = put(belief.place[tag, k], stays, belief.gain[tag, k] * GAIN_UNIT_DB, scratch, n)
    for k in range(belief.place.shape[1]):
        place, weight = belief.place[tag, k], belief.weight[tag, k] * WEIGHT_UNIT
        beside = 0
        if place >= 0 and weight >= FAINT:
            while beside < plan.next_place.shape[1] and plan.next_place[place, beside] >= 0:
                beside += 1
        part = weight * left * (np.float32(1.0) - JUMP) / np.float32(beside + 1)
        gain = belief.gain[tag, k] * GAIN_UNIT_DB
        if place >= 0:
            n = put(place, part, gain, scratch, n)
        for j in range(beside):
            n = put(plan.next_place[place, j], part, gain, scratch, n)
    heard = 0
    while heard < plan.nearby.shape[1] and plan.nearby[point, heard] >= 0:
        heard += 1
    for j in range(heard):
        part = max(left * JUMP, WEIGHT_MIN) / np.float32(heard)
        n = put(plan.nearby[point, j], part, belief.gain[tag, 0] * GAIN_UNIT_DB, scratch, n)
    return n


@njit_inlined
def weigh(row: Row, read: Row, alpha: float, plan: Plan, scratch: Scratch, n: int) -> None:
    """
    Weigh each candidate by how well the read fits a tag there, and learn how loud the tag is if it is there.

    How loud a tag is belongs to the tag, not to its place: each candidate keeps its own account of it, so that a place
    which needs a tag twice as loud at one antenna as at the next is the worse for it. Where it is known how levels
    sway, each read counts in full: only what is new in it is held against the places.

    row      TAG       in and out: gain_reads
    read     EVIDENCE  the read
    alpha    float     how much it counts, 0..1
    plan     Plan      hears, gain_var, the offsets, and what is known of sways are used
    scratch  Scratch   in and out, n candidates: weight, gain and sway; fit is used up
    n        int       how many there are
    """
    open_var = np.float32(plan.gain_var) * GAIN_READS / (GAIN_READS + row["gain_reads"])
    told = read["rssi_dbm"] > UNHEARD_DBM
    dbm = read["rssi_dbm"] - offset_of(read, plan)
    best, ear = np.float32(-np.inf), plan.ear_of[read["read_point"]]
    counts = np.float32(alpha) if ear < 0 else np.float32(1.0)
    for c in range(n):
        # A pass of its own, so that memory brings what is said of all of them at once.
        scratch.fit[c] = np.float32(alpha) * plan.hears[read["read_point"], scratch.place[c], 3]
    spread, up_before, down_before = np.float32(0.0), np.float32(-1.0), np.float32(-1.0)
    for c in range(n):
        hears = plan.hears[read["read_point"], scratch.place[c]]
        if told:
            off_db = dbm - scratch.gain[c] - hears[0]
            up, down = open_var + hears[1], open_var + hears[2]
            if ear >= 0:
                off_db -= scratch.sway[c, ear, 0]
                up = down = open_var + scratch.sway[c, ear, 1 + ear] + plan.noise[ear]
            if up != up_before or down != down_before:
                spread, up_before, down_before = np.log(np.sqrt(up) + np.sqrt(down)), up, down
            var = up if off_db > 0.0 else down
            scratch.fit[c] -= counts * (np.float32(0.5) * off_db * off_db / var + spread)
            scratch.gain[c] += np.float32(alpha) * off_db * open_var / var
            if ear >= 0:
                learn_sway(ear, off_db, var, scratch.sway[c], scratch.pull)
        if scratch.weight[c] > 0.0:
            best = max(best, scratch.fit[c])
    for c in range(n):
        # Next to the best, so that a read that fits no place well can't bring all of them down to nothing.
        scratch.weight[c] *= np.exp(min(scratch.fit[c] - best, np.float32(0.0)))
    if told:
        row["gain_reads"] = min(row["gain_reads"] + np.float32(alpha), GAIN_READS_MAX)


@njit_inlined
def keep_best(tag: int, belief: Belief, scratch: Scratch, n: int) -> None:
    """
    Keep the likeliest candidates as the tag's belief, best first, their weights summing to 1.

    tag      int      its row in belief
    belief   Belief   out
    scratch  Scratch  n candidates, not all of weight 0; used up, `at` is blank again. Of equals, the first stays first
    n        int      how many there are
    """
    slots = belief.place.shape[1]
    total = np.float32(0.0)
    for c in range(n):
        scratch.at[scratch.place[c]] = -1
        place, weight, gain = scratch.place[c], scratch.weight[c], scratch.gain[c]
        k = min(c, slots)
        while k > 0 and scratch.weight[k - 1] < weight:
            k -= 1
        for later in range(min(c, slots - 1), k, -1):
            scratch.place[later] = scratch.place[later - 1]
            scratch.weight[later] = scratch.weight[later - 1]
            scratch.gain[later] = scratch.gain[later - 1]
            scratch.came[later] = scratch.came[later - 1]
        if k < slots:
            scratch.place[k], scratch.weight[k], scratch.gain[k], scratch.came[k] = place, weight, gain, c
    for k in range(min(n, slots)):
        total += scratch.weight[k]
    for k in range(slots):
        belief.place[tag, k] = scratch.place[k] if k < n else NOWHERE
        belief.weight[tag, k] = max(round(scratch.weight[k] / total / WEIGHT_UNIT), 1) if k < n else 0
        gain = min(max(round(scratch.gain[k] / GAIN_UNIT_DB), -GAIN_UNITS), GAIN_UNITS) if k < n else 0
        belief.gain[tag, k] = gain
        for a in range(scratch.pull.size if k < n else 0):
            for b in range(scratch.pull.size + 1):
                belief.sway[tag, k, a, b] = scratch.sway[scratch.came[k], a, b]


@njit_inlined
def believe(tag: int, row: Row, read: Row, belief: Belief, plan: Plan, scratch: Scratch) -> None:
    """
    Take one read into where a tag may be.

    tag      int       its row in belief
    row      TAG       in: the last reads, without this one; in and out: gain_reads
    read     EVIDENCE  not older than the last one folded
    belief   Belief    in and out
    plan     Plan
    scratch  Scratch   room
    """
    alpha = plan.evidence * temper(row, read, plan.temper_s)
    gap_s = (read["seen_us"] - row["seen_us"]) / SECOND_US
    if belief.place[tag, 0] == NOWHERE:
        n = anywhere(read["read_point"], plan, scratch)
    else:
        n = drift(tag, gap_s, read["read_point"], belief, plan, scratch)
    if plan.noise.size > 0:
        sway_on(tag, gap_s, belief, plan, scratch, n)
    weigh(row, read, alpha, plan, scratch, n)
    keep_best(tag, belief, scratch, n)


@njit
def forget(tag: int, row: Row, belief: Belief) -> None:
    """
    Take a tag as one that may be anywhere, of unknown loudness.

    tag     int     its row in belief
    row     TAG     out: gain_reads
    belief  Belief  out
    """
    for k in range(belief.place.shape[1]):
        belief.place[tag, k] = NOWHERE
        belief.weight[tag, k] = 0
        belief.gain[tag, k] = 0
    row["gain_reads"] = 0.0


@njit
def likeliest(tag: int, belief: Belief, plan: Plan, scratch: Scratch, zone: int) -> tuple[int, float, float]:
    """
    Find the likeliest zone, how likely it is, and how likely another one is.

    tag      int      its row in belief
    belief   Belief   in
    plan     Plan     place_zone is used
    scratch  Scratch  room, `at` is blank again
    zone     int      the other one, or NOWHERE
    """
    n, best, believed = 0, 0, np.float32(0.0)
    for k in range(belief.place.shape[1]):
        if belief.place[tag, k] >= 0:
            at_zone = plan.place_zone[belief.place[tag, k]]
            n = put(at_zone, belief.weight[tag, k] * WEIGHT_UNIT, np.float32(0.0), scratch, n)
    for c in range(n):
        scratch.at[scratch.place[c]] = -1
        if scratch.weight[c] > scratch.weight[best]:
            best = c
        if scratch.place[c] == zone:
            believed = scratch.weight[c]
    if n == 0:
        return NOWHERE, 0.0, 0.0
    return int(scratch.place[best]), float(scratch.weight[best]), float(believed)
