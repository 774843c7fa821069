"""
By how much each antenna hears louder than its table says: learned slowly, from tags whose place is sure.

What a read tells is learned in a spell of ten seconds and believed from the spell after the next on. So what is
believed does not hang on which reads of other tags have settled yet, if settling takes no longer than a spell.
"""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit
from core.engine.records import Plan, Row
from core.engine.records_belief import GAIN_UNIT_DB, UNHEARD, WEIGHT_UNIT, Belief
from core.model.columns import NOWHERE, UNHEARD_DBM

SPELL_US: Final = 10_000_000
NOW, NEXT, LEARNED = 0, 1, 2
"""Rows of Plan.offset_db: believed in this spell, believed in the next, and learned so far."""
SURE: Final = np.float32(0.95)
"""Belief in its place from which a tag teaches."""
READS_MIN: Final = np.float32(8.0)
"""And reads that its own loudness must rest on."""
RATE: Final = np.float32(0.0005)
HELD: Final = np.float32(0.5)
"""
How strongly an offset is held to nothing, as a part of what the reads say. It anchors what cannot be told apart:
antennas that all hear less, and tags that are all fainter.
"""
LOUDER: Final = np.float32(2.0)
"""The table's levels lie high: those above weigh as much as twice as many below (prior.LEAN)."""
STAYS_US: Final = 20_000_000
"""And for how long it must have been in its zone: of one that has just come its loudness there is not known yet."""
OFF_MAX_DB: Final = np.float32(8.0)
OFFSET_MAX_DB: Final = np.float32(6.0)


@njit
def offset_of(read: Row, plan: Plan) -> np.float32:
    """
    Say how much louder than its table the read point is believed to hear at the time of a read, in dB.

    read  EVIDENCE  a read
    plan  Plan      offset_db and offset_spell are used
    """
    since = read["seen_us"] // SPELL_US - plan.offset_spell[0]
    row = NOW if since <= 0 else NEXT if since == 1 else LEARNED
    offset_db: np.float32 = plan.offset_db[row, read["read_point"]]
    return offset_db


@njit
def begin_spell(at_us: int, plan: Plan) -> None:
    """
    Go on to the spell of a time, if it is a later one.

    at_us  int   when the read was seen that is folded next
    plan   Plan  in and out: offset_db and offset_spell
    """
    since = at_us // SPELL_US - plan.offset_spell[0]
    if since <= 0:
        return
    plan.offset_spell[0] += since
    for point in range(plan.offset_db.shape[1]):
        plan.offset_db[NOW, point] = plan.offset_db[NEXT if since == 1 else LEARNED, point]
        plan.offset_db[NEXT, point] = plan.offset_db[LEARNED, point]


@njit
def learn_offset(tag: int, row: Row, read: Row, belief: Belief, plan: Plan) -> None:
    """
    Learn a little from a read of a tag that stays where it is, by an antenna that hears that place.

    One that doesn't hears a tag that has gone elsewhere. Learned from, and from tags that have just come, its offset
    would make the next ones harder to believe, and so on, until a tag that walks in has to be read ten times before it
    is thought to be there.

    tag     int       its row in belief
    row     TAG       gain_reads and since_us are used
    read    EVIDENCE  the read just folded
    belief  Belief    in
    plan    Plan      hears is used; in and out: offset_db
    """
    place = belief.place[tag, 0]
    if place == NOWHERE or belief.weight[tag, 0] * WEIGHT_UNIT < SURE or row["gain_reads"] < READS_MIN:
        return
    if read["seen_us"] - row["since_us"] < STAYS_US:
        return
    point = read["read_point"]
    if read["rssi_dbm"] <= UNHEARD_DBM or plan.hears[point, place, 3] < UNHEARD:
        return
    learned = plan.offset_db[LEARNED, point]
    off_db = read["rssi_dbm"] - belief.gain[tag, 0] * GAIN_UNIT_DB - plan.hears[point, place, 0] - learned
    if off_db > 0.0:
        off_db *= LOUDER
    learned += RATE * (min(max(off_db, -OFF_MAX_DB), OFF_MAX_DB) - HELD * learned)
    plan.offset_db[LEARNED, point] = min(max(learned, -OFFSET_MAX_DB), OFFSET_MAX_DB)
