"""Evidence that waits is put in order here, and each tag's pending reads are found in it."""

from core.engine.kernels_jit import njit
from core.engine.records import READ, Records, Row, Waiting


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
def link(start: int, end: int, waiting: Waiting) -> None:
    """
    Add rows to the chains that they belong to; a reader's word belongs to none.

    start, end  int      which rows: from, and up to; later than all that are linked
    waiting     Waiting  in and out: before, newest
    """
    mask = waiting.newest.size - 1
    for at in range(start, end):
        row = waiting.rows[at]
        waiting.before[at] = -1
        if row["kind"] == READ:
            chain = row["tag"] & mask
            waiting.before[at] = waiting.newest[chain]
            waiting.newest[chain] = at


@njit
def merge(first: int, end: int, new: Records, waiting: Waiting) -> None:
    """
    Merge evidence into evidence, from the end: what comes now is nearly all later than what waits.

    first, end  int          which rows wait, sorted as goes_before says
    new         EVIDENCE[n]  sorted like them
    waiting     Waiting      in and out; room for n more rows
    """
    mask = waiting.newest.size - 1
    i, j = end - 1, new.size - 1
    while j >= 0:
        if i >= first and goes_before(new[j], waiting.rows[i]):
            row = waiting.rows[i]
            if row["kind"] == READ:
                waiting.newest[row["tag"] & mask] = waiting.before[i]
            waiting.rows[i + j + 1] = row
            i -= 1
        else:
            waiting.rows[i + j + 1] = new[j]
            j -= 1
    link(i + 1, end + new.size, waiting)


@njit
def first_read(tag: int, first: int, waiting: Waiting) -> int:
    """
    Find the first pending read of a tag, and lay the way from it to the last one. Returns its row, -1 if none waits.

    tag      int
    first    int      rows before this one wait no more
    waiting  Waiting  out: `after`, on the way
    """
    at, later = waiting.newest[tag & (waiting.newest.size - 1)], -1
    while at >= first:
        if waiting.rows[at]["tag"] == tag:
            waiting.after[at] = later
            later = at
        at = waiting.before[at]
    return int(later)
