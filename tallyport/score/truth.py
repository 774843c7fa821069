"""
TRUTH.csv: where each tag really was, and what it really did at the doors.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from tallyport.score.tables import Row, read_table

TOUCH_S: Final = 0.01
"""Rows nearer than this to each other touch: times may have been rounded."""
VERDICTS: Final = ("through", "static", "milling")
DIRECTIONS: Final = ("in", "out", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """The truth: this tag was in this zone from one second (Unix) to another."""

    epc: str
    from_s: float
    to_s: float
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """The truth: at this second the tag was here, in metres from the plan's lower-left corner."""

    epc: str
    at_s: float
    x_m: float
    y_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What a tag did at a door, or what somebody said that it did. A true one has no confidence."""

    epc: str
    door: str
    from_s: float
    to_s: float
    verdict: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A whole truth table. tells_passages: it has a column for them, so a passage that is not in it did not happen."""

    stays: tuple[Stay, ...]
    spots: tuple[Spot, ...]
    passages: tuple[Passage, ...]
    tells_passages: bool
    end_s: float
    """The last second that the table speaks of; -inf if it is empty."""


def read_truth_table(path: Path) -> Truth:
    """
    Read TRUTH.csv: epc,from,to,zone[,x,y][,door,verdict,direction]; times are Unix seconds or ISO 8601.

    A row with a zone is a stay, one with x and y a spot at its middle, one with a verdict a passage; a row may be
    all three. Raises BadTable.
    """
    table = read_table(path, ("epc", "from", "to", "zone"))
    stays: list[Stay] = []
    spots: list[Spot] = []
    passages: list[Passage] = []
    end_s = float("-inf")
    for row in table.rows:
        epc, from_s, to_s = row.epc(), row.seconds("from"), row.seconds("to")
        if to_s < from_s:
            raise row.bad("to lies before from: swap them")
        end_s = max(end_s, to_s)
        if row.text("zone") and to_s > from_s:
            stays.append(Stay(epc=epc, from_s=from_s, to_s=to_s, zone=row.text("zone")))
        x_m, y_m = row.number("x"), row.number("y")
        if x_m is not None and y_m is not None:
            spots.append(Spot(epc=epc, at_s=(from_s + to_s) / 2, x_m=x_m, y_m=y_m))
        if row.text("verdict"):
            passages.append(_passage(row, epc, from_s, to_s))
    return Truth(
        stays=tuple(stays),
        spots=tuple(spots),
        passages=tuple(passages),
        tells_passages="verdict" in table.columns,
        end_s=end_s,
    )


def read_truth(path: Path) -> list[Stay]:
    """Read the stays of TRUTH.csv. Raises BadTable."""
    return list(read_truth_table(path).stays)


def joined(stays: Iterable[Stay]) -> list[Stay]:
    """Make one stay of a tag's rows that touch in one zone, by tag and time: a tag on its way has many short rows."""
    result: list[Stay] = []
    for stay in sorted(stays, key=lambda s: (s.epc, s.from_s, s.to_s)):
        last = result[-1] if result else None
        if last and (last.epc, last.zone) == (stay.epc, stay.zone) and stay.from_s - last.to_s <= TOUCH_S:
            result[-1] = Stay(epc=stay.epc, from_s=last.from_s, to_s=max(last.to_s, stay.to_s), zone=stay.zone)
        else:
            result.append(stay)
    return result


def presences(stays: Iterable[Stay]) -> dict[str, list[tuple[float, float]]]:
    """When each tag was there at all: the union of its stays, as (from, to) in order."""
    result: dict[str, list[tuple[float, float]]] = defaultdict(list)
    in_order = sorted(stays, key=lambda s: (s.epc, s.from_s))
    for epc, own in groupby(in_order, key=lambda s: s.epc):
        spans = result[epc]
        for stay in own:
            if spans and stay.from_s - spans[-1][1] <= TOUCH_S:
                spans[-1] = (spans[-1][0], max(spans[-1][1], stay.to_s))
            else:
                spans.append((stay.from_s, stay.to_s))
    return dict(result)


def _passage(row: Row, epc: str, from_s: float, to_s: float) -> Passage:
    return Passage(
        epc=epc,
        door=row.some("door"),
        from_s=from_s,
        to_s=to_s,
        verdict=row.word("verdict", VERDICTS),
        direction=row.word("direction", (*DIRECTIONS, "")) or "none",
    )
