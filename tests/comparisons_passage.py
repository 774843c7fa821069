"""The kernels of the doors beside their naive twins, with cases they must agree on."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from core.engine import (
    kernels_kind,
    kernels_pallet,
    kernels_passage,
    kernels_passage_shape,
    kernels_passage_window,
    kernels_rival,
    kernels_stray,
    kernels_verdict,
    kernels_visits,
    kernels_wait,
)
from core.engine.door_plan import doors_of
from core.engine.records import Records, Row
from core.engine.records_passage import (
    FEATURES,
    HIDDEN,
    KINDS,
    AtDoors,
    Work,
    new_told,
    new_work,
    nobody,
)
from tests import naive_pallet, naive_passage, naive_passage_shape
from tests.door_streams import beam_at, door_site, joined, run_of, word_at
from tests.streams import SECOND_US, START_US

Random = np.random.Generator
KINDS_OF_RUN: Final = ("static", "milling", "out", "in")
DOORS: Final = doors_of(door_site())
TAGS: Final = 6
INSIDE: Final = 8
"""The read point over the hall."""
LATER_US: Final = START_US + 9 * SECOND_US
MODULES: Final = (
    kernels_kind,
    kernels_pallet,
    kernels_passage,
    kernels_passage_shape,
    kernels_passage_window,
    kernels_rival,
    kernels_stray,
    kernels_verdict,
    kernels_visits,
    kernels_wait,
)


def stream(rng: Random) -> Records:
    """Some tags at the doors, some of them for long, a beam and a word."""
    parts = [
        run_of(rng, str(rng.choice(KINDS_OF_RUN)), tag, START_US + int(rng.integers(0, 3 * SECOND_US)), length)
        for tag, length in zip(range(TAGS), rng.choice([0.2, 4.0, 8.0, 23.0], TAGS), strict=True)
    ]
    parts += [run_of(rng, "out", 1, START_US + 12 * SECOND_US, 3.0), run_of(rng, "in", 2, START_US + 80 * SECOND_US)]
    parts += [beam_at(START_US + 4 * SECOND_US, 0), beam_at(START_US + 5 * SECOND_US, 1)]
    parts += [word_at(START_US + 6 * SECOND_US, int(rng.integers(TAGS)), int(rng.integers(-1, 2)))]
    for part in parts[::2]:
        part["rssi_dbm"][part["kind"] == 0] -= rng.integers(0, 8)
    east = run_of(rng, "milling", 3, START_US, 5.0)
    east["read_point"] = 6 + east["read_point"] % 2
    inside = run_of(rng, "static", 1, START_US + SECOND_US, 3.0)
    inside["read_point"], inside["rssi_dbm"] = INSIDE, inside["rssi_dbm"] + rng.integers(-9, 9, inside.size)
    deaf = run_of(rng, "milling", 4, START_US, 3.0)
    deaf["read_point"], deaf["rssi_dbm"] = 6, -200.0
    return joined(*parts, east, deaf, inside)


def busy(rng: Random) -> AtDoors:
    """Doors at which tags have come and gone for a while, some of them still passing."""
    at, work, told = nobody(TAGS, 2, 64, 64), new_work(), new_told(64)
    told.n[:] = 0
    while at.n[1] < 2:
        at = nobody(TAGS, 2, 64, 64)
        rows = stream(rng)
        rows = rows[: int(rng.integers(60, 400))]
        kernels_passage.fold_doors(rows, DOORS, at, work, told)
        told.n[:] = 0
    return at


def measured(rng: Random) -> Work:
    """Room in which a passage has been measured."""
    at, work = busy(rng), new_work()
    row = at.open[at.n[1] - 1]
    naive_passage_shape.measure(row, 0, DOORS, work)
    return work


def row_of(rng: Random) -> Row:
    """An open passage."""
    at = busy(rng)
    return at.open[int(rng.integers(at.n[1]))]


def visit_row(rng: Random) -> Row:
    """A visit as a stray's."""
    visit = busy(rng).visits[0]
    visit["mean"], visit["var"], visit["strange"] = rng.choice([0.0, -60.0, -66.0], 8), 6.0, rng.uniform(0, 6)
    return visit


def full(rng: Random) -> tuple[Any, ...]:
    """An open passage, the doors, who is there, and room."""
    at = busy(rng)
    return int(rng.integers(at.n[1])), DOORS, at, new_work(), new_told(64)


def idle_visit(rng: Random) -> tuple[int, AtDoors]:
    """A visit without a passage, among others."""
    at = busy(rng)
    v = naive_passage.come(int(rng.integers(TAGS)), 1 + int(rng.integers(3, 5)), at)
    naive_passage.come(int(rng.integers(TAGS)), 9, at)
    return v, at


def pallet_case(rng: Random) -> tuple[Any, ...]:
    """A passage with others near it in time."""
    p, doors, at, work, _ = full(rng)
    at.open[: at.n[1]]["peak_us"] = at.open[p]["peak_us"] + rng.integers(-2, 3, at.n[1]) * 400_000
    return p, doors, at, work, rng.normal(0.0, 2.0, KINDS + 1)


def one_by_one(rng: Random) -> tuple[Any, ...]:
    """The same, with the door and nothing added up yet."""
    p, doors, at, work, _ = pallet_case(rng)
    return p, int(at.visits[at.open[p]["visit"]]["door"]), doors, at, work, np.zeros(KINDS + 1)


def closed_case(rng: Random) -> tuple[Any, ...]:
    """The same, where others have closed."""
    p, door, _, at, _, total = one_by_one(rng)
    for q in range(at.n[1]):
        naive_passage.remember(q, rng.normal(0.0, 2.0, KINDS + 1), at)
    return p, door, at, total


def two_rows(rng: Random) -> tuple[Any, ...]:
    """Two passages, and the second perhaps after a wait."""
    p, _, at, _, _ = pallet_case(rng)
    other = at.open[(p + 1) % at.n[1]]
    other["waited_us"] = rng.choice([0, 2]) * SECOND_US
    return at.open[p], other


def waiting_case(rng: Random) -> tuple[Any, ...]:
    """A passage that has lasted for a while, or long."""
    p, doors, at, work, _ = full(rng)
    row = at.open[p]
    row["waited_us"] = rng.choice([0, 10, 180]) * SECOND_US
    return p, int(row["opened_us"]) + int(rng.integers(19, 23)) * SECOND_US, doors, at, work


def remember_case(rng: Random) -> tuple[Any, ...]:
    """A passage that closes."""
    p, _, at, _, _ = full(rng)
    return p, rng.normal(0.0, 2.0, KINDS + 1), at


def elsewhere_case(rng: Random) -> tuple[Any, ...]:
    """A passage, with others of its tag perhaps."""
    p, doors, at, work, _ = full(rng)
    at.open[: at.n[1]]["rival_chance"] = rng.choice([0.0, 0.6], at.n[1])
    return p, float(rng.uniform()), doors, at, work


def rival_case(rng: Random) -> tuple[Any, ...]:
    """A read at some door or none, of a tag that others may be hearing."""
    at = busy(rng)
    later_us = START_US + int(rng.integers(0, 30)) * SECOND_US
    return int(rng.integers(TAGS)), int(rng.integers(-1, 2)), later_us, float(rng.choice([-200.0, -70.0, -40.0])), at


def verdict_case(rng: Random) -> tuple[Any, ...]:
    """A passage, and logits."""
    p, doors, at, work, told = full(rng)
    work.logits[:] = rng.normal(0.0, 2.0, KINDS)
    return p, int(rng.integers(-1, 2)), doors, at, work, told


def stream_case(rng: Random) -> tuple[Any, ...]:
    """A stream, and nobody at the doors."""
    rows = stream(rng)
    return rows, DOORS, nobody(TAGS, 2, 64, 64), new_work(), new_told(64)


def read_case(rng: Random) -> tuple[Any, ...]:
    """One read somewhat later."""
    read = run_of(rng, "out", int(rng.integers(TAGS)), LATER_US + int(rng.integers(0, 15)) * SECOND_US)[0]
    read["read_point"] = rng.integers(1, 10)
    return read, DOORS, busy(rng), new_work(), new_told(64)


def of_row(*more: object) -> Callable[[Random], tuple[Any, ...]]:
    """An open passage, what else there is, and room."""
    return lambda rng: (row_of(rng), *more, new_work())


def repoint_case(rng: Random) -> tuple[Any, ...]:
    """A visit that is to stand elsewhere."""
    v, at = idle_visit(rng)
    return int(at.visits[v]["tag"]), v, 50, at


def still_case(rng: Random) -> tuple[Any, ...]:
    """One end of a passage."""
    row = row_of(rng)
    return row, naive_passage_shape.bins_of(row), bool(rng.integers(2)), new_work()


def gaps(rng: Random) -> tuple[Any]:
    """Levels with gaps."""
    return (np.where(rng.random(8) < 0.5, 0.0, -60.0 - rng.integers(0, 9, 8)),)


V, S, P, K, L = kernels_verdict, kernels_passage_shape, kernels_passage, kernels_kind, kernels_pallet
N, M, B = naive_passage, naive_passage_shape, naive_pallet
# kernel -> (twin, maker of arguments, arguments that are room and not compared)
PASSAGES: dict[Callable[..., Any], tuple[Callable[..., Any], Callable[[Random], tuple[Any, ...]], tuple[int, ...]]] = {
    kernels_visits.visit_of: (N.visit_of, lambda r: (int(r.integers(TAGS)), int(r.integers(2)), busy(r)), ()),
    kernels_visits.come: (N.come, lambda r: (int(r.integers(TAGS)), 5, busy(r)), ()),
    kernels_visits.repoint: (
        N.repoint,
        repoint_case,
        (),
    ),
    kernels_visits.go: (N.go, idle_visit, ()),
    P.begin: (N.begin, lambda r: (0, LATER_US, busy(r)), ()),
    P.finish: (N.finish, full, (3,)),
    kernels_stray.portray: (N.portray, lambda r: (row_of(r), visit_row(r)), ()),
    kernels_stray.departs: (
        N.departs,
        lambda r: (visit_row(r), int(r.integers(8)), float(r.choice([-200.0, -72.0, -61.0]))),
        (),
    ),
    P.note_level: (
        N.note_level,
        lambda r: (row_of(r), int(r.integers(8)), LATER_US, float(r.choice([-200.0, -40.0, -61.0]))),
        (),
    ),
    P.fold_passage: (N.fold_passage, read_case, (3,)),
    P.count_at_doors: (N.count_at_doors, lambda r: stream_case(r)[:2], ()),
    P.fold_doors: (N.fold_doors, stream_case, (3,)),
    P.note_word: (N.note_word, lambda r: (int(r.integers(TAGS)), int(r.integers(2)), 1, busy(r)), ()),
    P.next_close: (N.next_close, lambda r: (busy(r) if r.random() < 0.8 else nobody(1, 1),), ()),
    P.close_due: (N.close_due, lambda r: (LATER_US + int(r.integers(-5, 90)) * SECOND_US, *full(r)[1:]), (3,)),
    kernels_passage_window.bins_of: (M.bins_of, lambda r: (row_of(r),), ()),
    kernels_passage_window.still_bins: (
        M.still_bins,
        still_case,
        (3,),
    ),
    kernels_passage_window.window_of: (M.window_of, of_row(), (1,)),
    kernels_passage_window.spread_of: (M.spread_of, lambda r: (row_of(r), 1, int(r.integers(2, 40))), ()),
    S.levels_of: (M.levels_of, of_row(0, 23, np.arange(8.0)), ()),
    S.bridge: (M.bridge, gaps, ()),
    S.bend: (M.bend, lambda r: (measured(r),), ()),
    S.time_peaks: (M.time_peaks, lambda r: (row_of(r), 0, 20, measured(r)), ()),
    S.lay_axes: (M.lay_axes, lambda r: (int(r.integers(2)), DOORS, measured(r)), ()),
    S.trace: (M.trace, lambda r: (measured(r),), ()),
    S.shape_of: (M.shape_of, lambda r: (measured(r),), ()),
    S.way_of: (M.way_of, lambda r: (measured(r), r.normal(0.0, 1.0, 5)), ()),
    S.progress_of: (M.progress_of, lambda r: (measured(r), float(r.choice([-1.0, 1.0]))), ()),
    S.measure: (M.measure, of_row(0, DOORS), ()),
    K.look: (B.look, lambda r: (int(r.integers(2)), DOORS, measured(r)), ()),
    K.weigh_kinds: (B.weigh_kinds, of_row(0, DOORS), ()),
    K.likeliest_kind: (B.likeliest_kind, lambda r: (r.normal(0.0, 1.0, KINDS),), ()),
    K.chances: (B.chances, lambda r: (r.normal(0.0, 1.0, KINDS),), ()),
    L.together: (B.together, two_rows, ()),
    L.ask_closed: (B.ask_closed, closed_case, ()),
    L.ask_open: (B.ask_open, one_by_one, (4,)),
    L.ask_pallet: (B.ask_pallet, pallet_case, (3,)),
    L.weigh_alone: (B.weigh_alone, lambda r: full(r)[:4], (3,)),
    kernels_wait.cut_wait: (B.cut_wait, lambda r: (row_of(r),), ()),
    kernels_wait.goes_on: (B.goes_on, waiting_case, (4,)),
    V.crossed: (
        N.crossed,
        lambda r: (busy(r).eyes[int(r.integers(2))], START_US + int(r.integers(0, 12)) * SECOND_US),
        (),
    ),
    V.note_eye: (N.note_eye, lambda r: (int(r.integers(2)), int(r.integers(2)), LATER_US, busy(r)), ()),
    V.remember: (N.remember, remember_case, ()),
    V.judge: (N.judge, lambda r: full(r)[:4], (3,)),
    V.elsewhere: (N.elsewhere, elsewhere_case, (4,)),
    V.write_verdict: (N.write_verdict, verdict_case, (4,)),
    kernels_rival.note_rival: (N.note_rival, rival_case, ()),
    kernels_rival.lead: (M.lead, lambda r: (row_of(r), 0, int(r.integers(1, 40))), ()),
    kernels_rival.contrast: (M.contrast, of_row(), ()),
    V.close_passage: (N.close_passage, full, (3,)),
}
assert DOORS.weights.shape[2] == FEATURES + HIDDEN + 1
