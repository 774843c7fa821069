"""Evidence in its order becomes settled belief here, and pending evidence a look ahead."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.engine.kernels_fold import fold_read
from core.engine.kernels_jit import njit
from core.engine.kernels_silence import hear, rest, tell
from core.engine.kernels_tell import write_move
from core.engine.records import APPEAR, NO_MOVE, READ, Health, Ints, Out, Plan, Records, Row, Silence
from core.engine.records_belief import Belief, Scratch
from core.model.step import TagState

SHOWN_CONFIDENCE: Final = np.float32(0.05)
SHOWN_US: Final = 5_000_000
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
def merge(old: Records, new: Records, out: Records) -> None:
    """
    Merge two sorted runs of evidence into one.

    old, new  EVIDENCE[m], EVIDENCE[n]  each sorted as goes_before says
    out       EVIDENCE[m + n]
    """
    i, j = 0, 0
    for k in range(out.size):
        if j == new.size or (i < old.size and not goes_before(new[j], old[i])):
            out[k] = old[i]
            i += 1
        else:
            out[k] = new[j]
            j += 1


@njit
def settle(
    evidence: Records,
    tags: Records,
    belief: Belief,
    silence: Silence,
    health: Health,
    plan: Plan,
    scratch: Scratch,
    out: Out,
) -> None:
    """
    Fold evidence for good.

    evidence  EVIDENCE[n]  sorted as goes_before says, none older than what was folded before
    tags      TAG[T]       in and out
    belief    Belief       in and out
    silence   Silence      in and out
    health    Health       in and out
    plan      Plan
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
        row = tags[read["tag"]]
        from_zone = row["zone"]
        kind = fold_read(read["tag"], row, read, belief, plan, scratch)
        rest(read["tag"], row, silence, health, plan, out)
        if kind == APPEAR:
            from_zone = row["was"]
        if kind != NO_MOVE:
            write_move(read["tag"], row, read["seen_us"], kind, from_zone, out)


@njit
def look_ahead(evidence: Records, copy_of: Ints, rows: Records, belief: Belief, plan: Plan, scratch: Scratch) -> None:
    """
    Fold the pending reads of some tags into copies of their rows.

    evidence  EVIDENCE[n]  pending, sorted
    copy_of   int64[T]     where the tag's copy stands in rows and belief; -1 for tags that are not looked at. As wide
                           as a tag's own id, or all that fold_read calls would be compiled twice
    rows      TAG[m]       in and out
    belief    Belief       in and out, m rows
    plan      Plan
    scratch   Scratch      room
    """
    for i in range(evidence.size):
        read = evidence[i]
        if read["kind"] == READ and copy_of[read["tag"]] >= 0:
            copy = copy_of[read["tag"]]
            fold_read(copy, rows[copy], read, belief, plan, scratch)


@njit
def tell_news(rows: Records, tag: Ints, told_m: float, shown: Records, news: npt.NDArray[np.bool_]) -> None:
    """
    Mark the tags that look different from what was last told of them, and note that it is told now.

    A still tag is told again only every few seconds.

    rows    TAG[m]    how the tags look now
    tag     int64[m]  their ids
    told_m  float     how far is news
    shown   SHOWN[T]  in and out
    news    bool[m]   out
    """
    for i in range(tag.size):
        row, last = rows[i], shown[tag[i]]
        news[i] = (
            row["zone"] != last["zone"]
            or row["state"] != last["state"]
            or row["since_us"] != last["since_us"]
            or abs(row["confidence"] - last["confidence"]) > SHOWN_CONFIDENCE
            or row["seen_us"] - last["seen_us"] >= SHOWN_US
            or abs(row["x_m"] - last["x_m"]) >= told_m
            or abs(row["y_m"] - last["y_m"]) >= told_m
        )
        if news[i]:
            last["zone"] = row["zone"]
            last["state"] = row["state"]
            last["since_us"] = row["since_us"]
            last["confidence"] = row["confidence"]
            last["x_m"] = row["x_m"]
            last["y_m"] = row["y_m"]
            last["seen_us"] = row["seen_us"]
