"""Evidence in its order becomes settled belief here."""

from typing import Final

from core.engine.ahead import ask_for
from core.engine.kernels_fold import fold_read, spot_of
from core.engine.kernels_jit import njit
from core.engine.kernels_offset import begin_spell, learn_offset
from core.engine.kernels_silence import hear, rest, tell
from core.engine.kernels_tell import write_move
from core.engine.records import APPEAR, NO_MOVE, READ, Health, Out, Plan, Records
from core.engine.records_belief import Belief, Scratch
from core.model.columns import NOWHERE
from core.model.step import TagState

AHEAD: Final = 4
"""How many reads ahead memory is asked for a tag's rows: folding takes longer than they take to come."""
PRESENT: Final = int(TagState.PRESENT)


@njit
def ask_for_tag(tag: int, tags: Records, belief: Belief) -> None:
    """
    Ask memory for the rows of a tag that is about to be folded.

    tag     int
    tags    TAG[T]
    belief  Belief  T rows
    """
    ask_for(tags, tag)
    ask_for(belief.place, tag)
    ask_for(belief.weight, tag)
    ask_for(belief.gain, tag)


@njit
def settle(
    evidence: Records, tags: Records, belief: Belief, health: Health, plan: Plan, scratch: Scratch, out: Out
) -> None:
    """
    Fold evidence for good.

    evidence  EVIDENCE[n]  sorted as goes_before says, none older than what was folded before
    tags      TAG[T]       in and out
    belief    Belief       in and out
    health    Health       in and out
    plan      Plan         in and out: what is learned of the antennas' offsets
    scratch   Scratch      room
    out       Out          movements and changes; room for n more of each
    """
    for i in range(evidence.size):
        soon = evidence[min(i + AHEAD, evidence.size - 1)]
        if soon["kind"] == READ:
            ask_for_tag(soon["tag"], tags, belief)
        read = evidence[i]
        if read["kind"] != READ:
            tell(read, health, plan, out)
            continue
        reader = plan.reader_of[read["read_point"]]
        hear(reader, read["seen_us"], True, health, plan, out)
        health.readers[reader]["listening"] = 1
        tag = read["tag"]
        row = tags[tag]
        before = row["zone"] if row["state"] == PRESENT else NOWHERE
        begin_spell(read["seen_us"], plan)
        kind = fold_read(tag, row, read, belief, plan, scratch)
        learn_offset(tag, row, read, belief, plan)
        rest(tag, row, before, health, plan, out)
        if kind != NO_MOVE:
            spot = spot_of(tag, row, belief, plan)
            write_move(tag, row, read["seen_us"], kind, row["was"] if kind == APPEAR else before, spot, out)
