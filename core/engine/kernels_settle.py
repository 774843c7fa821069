"""Evidence in its order becomes settled belief here, and pending evidence a look ahead."""

from typing import Final

from core.engine.kernels_fold import fold_read, spot_of
from core.engine.kernels_jit import njit
from core.engine.kernels_offset import begin_spell, learn_offset
from core.engine.kernels_silence import hear, rest, tell
from core.engine.kernels_tell import write_move
from core.engine.records import APPEAR, NO_MOVE, READ, Health, Out, Plan, Records, Row
from core.engine.records_belief import Belief, Scratch
from core.model.columns import NOWHERE
from core.model.step import TagState

PRESENT: Final = int(TagState.PRESENT)


@njit
def goes_before(a: Row, b: Row) -> bool:
    """
    Say whether one piece of evidence is folded before another: by time, readers' words first, read point, tag.

    a, b  EVIDENCE
    """
    if a["seen_us"] != b["seen_us"]:
        return bool(a["seen_us"] < b["seen_us"])
    if (a["kind"] == READ) != (b["kind"] == READ):
        return bool(a["kind"] != READ)
    if a["read_point"] != b["read_point"]:
        return bool(a["read_point"] < b["read_point"])
    if a["tag"] != b["tag"]:
        return bool(a["tag"] < b["tag"])
    return bool(a["raw_us"] < b["raw_us"])


@njit
def merge(rows: Records, new: Records) -> None:
    """
    Merge evidence into evidence, from the end: what comes now is nearly all later than what waits.

    rows  EVIDENCE[m + n]  in: m of them, sorted as goes_before says; out
    new   EVIDENCE[n]      sorted like them
    """
    i, j = rows.size - new.size - 1, new.size - 1
    while j >= 0:
        if i >= 0 and goes_before(new[j], rows[i]):
            rows[i + j + 1] = rows[i]
            i -= 1
        else:
            rows[i + j + 1] = new[j]
            j -= 1


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
