"""Which tags a door hears: found, begun and ended by tag, with no room taken by tags that are at no door."""

from core.engine.kernels_jit import njit
from core.engine.records_passage import AtDoors
from core.model.columns import NEVER_US


@njit
def visit_of(tag: int, door: int, at: AtDoors) -> int:
    """
    Find a tag's visit at a door; -1 if it has none.

    tag, door  int
    at         AtDoors
    """
    v = at.head[tag]
    while v >= 0 and at.visits[v]["door"] != door:
        v = at.visits[v]["next"]
    return int(v)


@njit
def come(tag: int, door: int, at: AtDoors) -> int:
    """
    Begin a visit. Returns which.

    tag, door  int
    at         AtDoors  in and out; room for one more visit
    """
    v = at.n[0]
    at.n[0] += 1
    visit = at.visits[v]
    visit["tag"], visit["door"] = tag, door
    visit["last_us"] = NEVER_US
    visit["passage"], visit["stray"] = -1, 0
    visit["next"] = at.head[tag]
    at.head[tag] = v
    return int(v)


@njit
def repoint(tag: int, old: int, new: int, at: AtDoors) -> None:
    """
    Let what points to one visit of a tag point to another place.

    tag, old, new  int
    at             AtDoors  in and out
    """
    if at.head[tag] == old:
        at.head[tag] = new
        return
    v = at.head[tag]
    while at.visits[v]["next"] != old:
        v = at.visits[v]["next"]
    at.visits[v]["next"] = new


@njit
def go(v: int, at: AtDoors) -> None:
    """
    End a visit that has no open passage; the last one takes its place.

    v   int
    at  AtDoors  in and out
    """
    repoint(at.visits[v]["tag"], v, at.visits[v]["next"], at)
    at.n[0] -= 1
    last = at.n[0]
    if v == last:
        return
    repoint(at.visits[last]["tag"], last, v, at)
    at.visits[v] = at.visits[last]
    if at.visits[v]["passage"] >= 0:
        at.open[at.visits[v]["passage"]]["visit"] = v
