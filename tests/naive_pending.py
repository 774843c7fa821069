"""Evidence that waits again, slow and plain: Python's own sorting, and a list of rows for each chain."""

from itertools import pairwise
from typing import Any

from core.engine.records import READ


def order(e: Any) -> tuple[int, ...]:
    """The one order of evidence."""
    return int(e["seen_us"]), int(e["kind"] == READ), int(e["read_point"]), int(e["tag"]), int(e["raw_us"])


def goes_before(a: Any, b: Any) -> bool:
    return order(a) < order(b)


def link(_start: int, end: int, waiting: Any) -> None:
    waiting.newest[:] = waiting.before[:end] = -1
    for at, row in enumerate(waiting.rows[:end]):
        if row["kind"] == READ:
            chain = int(row["tag"]) % waiting.newest.size
            waiting.before[at], waiting.newest[chain] = waiting.newest[chain], at


def merge(first: int, end: int, new: Any, waiting: Any) -> None:
    both = sorted([*waiting.rows[first:end].copy(), *new], key=order)
    for at, row in enumerate(both, first):
        waiting.rows[at] = row
    link(0, first + len(both), waiting)


def first_read(tag: int, first: int, waiting: Any) -> int:
    own = [at for at, row in enumerate(waiting.rows) if at >= first and (row["kind"], row["tag"]) == (READ, tag)]
    for at, later in pairwise([*own, -1]):
        waiting.after[at] = later
    return own[0] if own else -1
