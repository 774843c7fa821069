"""Every kernel beside its naive twin, with cases they must agree on: tests and benchmarks both go by this table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.engine import (
    kernels_belief,
    kernels_dedupe,
    kernels_fold,
    kernels_index,
    kernels_live,
    kernels_narrow,
    kernels_offset,
    kernels_pending,
    kernels_portal,
    kernels_presence,
    kernels_settle,
    kernels_silence,
    kernels_sway,
    kernels_tell,
    kernels_touch,
    kernels_trial,
)
from core.engine.dedupe import pairs_of
from core.engine.index import mixed as hash_of
from core.engine.kernels_presence import PRESENCE
from core.engine.plan import plan_of
from core.engine.records import (
    EVIDENCE,
    LAST,
    LOOK,
    NOT_INSIDE,
    SHOWN,
    Health,
    Out,
    Plan,
    Records,
    Waiting,
    blank_tags,
    new_out,
)
from core.engine.records_belief import new_scratch
from core.engine.settled import new_readers
from core.model.columns import NEVER_US
from tests import (
    naive,
    naive_belief,
    naive_narrow,
    naive_offset,
    naive_pending,
    naive_portal,
    naive_presence,
    naive_silence,
    naive_spot,
    naive_sway,
)
from tests.belief_cases import FOLLOWED, PLACES, belief_of, scratch_of, sways, wide_plan
from tests.streams import SECOND_US, START_US, small_site

Args = tuple[Any, ...]
Random = np.random.Generator
SITE = small_site()
PLAN: Plan = plan_of(SITE)
ZONES, POINTS, TAGS = 3, 7, 12
TAG = 3
"""The one of them that a kernel of a single tag is tried on."""
DOOR_POINT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A twin, a maker of arguments, and what of the arguments afterwards is the kernel's own affair."""

    slow: Callable[..., Any]
    make: Callable[[Random], Args]
    private: tuple[int, ...] = ()
    unordered: tuple[int, ...] = ()
    scratch: tuple[int, ...] = ()
    """Room of which only `at` is looked at afterwards."""


def tag_row(rng: Random) -> Any:
    """A tag as some reads may have left it."""
    return tag_rows(rng, 1)[0]


def tag_rows(rng: Random, n: int) -> Records:
    """Tags as some reads may have left them."""
    rows = blank_tags(n)
    for row in rows:
        reads = int(rng.integers(0, 9))
        row["reads"], row["seen_us"] = reads, START_US if reads else 0
        row["state"] = rng.choice([0, 0, 0, 1, 2]) if reads else 0
        for k in range(min(reads, LAST)):
            row["point"][k], row["level"][k] = rng.integers(1, POINTS), rng.choice([120, 150, 255])
            row["ago_ms"][k] = k * rng.choice([50, 200, 1500, 20_000])
        row["gain_reads"] = rng.choice([0.0, 3.0, 19.7]) if reads else 0.0
        row["zone"] = rng.integers(-1, ZONES) if reads else -1
        row["appeared"], row["confidence"], row["since_us"] = row["zone"] >= 0, rng.integers(0, 65_536), START_US
        row["antenna_x"], row["antenna_y"] = rng.integers(0, 65_536, 2)
        row["inside_ms"] = rng.choice([0, 4_000, 9_990, 10_000, NOT_INSIDE])
        row["verdict"], row["way"] = rng.integers(-1, 4), rng.integers(-1, 2)
        row["gaps"], row["gap_mean_s"], row["gap_square_s2"] = rng.integers(0, 101), rng.random() * 3, rng.random() * 9
        row["quiet_s"], row["due_s"] = rng.choice([np.inf, rng.random() * 9]), rng.random() * 9
        row["heard_ms"], row["ears_ms"] = rng.integers(0, 3_000, 2)
    return rows


def heard_row(rng: Random) -> Any:
    """A tag that some read point hears."""
    rows = tag_rows(rng, 1)
    while rows[0]["reads"] == 0:
        rows = tag_rows(rng, 1)
    return rows[0]


def door_row(rng: Random) -> Any:
    """A tag that the door's antenna may have heard more than once."""
    row = heard_row(rng)
    reads = min(int(row["reads"]), LAST)
    row["point"][:reads] = rng.choice([DOOR_POINT, DOOR_POINT, 4], reads)
    return row


def evidence(rng: Random, n: int) -> Records:
    """Sorted evidence, reads and words."""
    rows = np.zeros(n, EVIDENCE)
    rows["seen_us"] = START_US + np.sort(rng.integers(0, 12, n)) * 333_333
    rows["raw_us"] = rows["seen_us"] + rng.integers(0, 3, n)
    rows["kind"] = rng.choice([0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7], n)
    rows["tag"] = np.where(rows["kind"] == 0, rng.integers(0, TAGS, n), rows["kind"])
    rows["read_point"] = rng.integers(1, POINTS, n)
    rows["rssi_dbm"] = rng.choice([-200.0, -120.0, -75.0, -62.0, -48.0, -10.0], n)
    return np.array(sorted(rows, key=naive_pending.order), EVIDENCE)


def read_of(rng: Random) -> Any:
    """One read."""
    row = evidence(rng, 1)[0]
    row["kind"] = 0
    return row


def word_of(rng: Random) -> Any:
    """One word of a reader."""
    row = evidence(rng, 1)[0]
    row["kind"] = rng.integers(1, 8)
    return row


def health_of(rng: Random) -> Health:
    """Readers in every state."""
    readers = new_readers(SITE)
    for row in readers:
        row["mark_us"] = START_US - rng.integers(0, 12) * SECOND_US
        row["online"], row["listening"] = rng.choice([-1, 0, 1]), rng.integers(0, 2)
    up = rng.integers(0, 2, POINTS).astype(np.uint8)
    return Health(
        readers=readers,
        up=up,
        ears_s=3.0 + rng.random(POINTS) * 9,
        exposure=3.0 + rng.random(ZONES) * 9,
        zone_due=rng.choice([np.inf, 3.0, 9.0], ZONES),
    )


def table_case(rng: Random) -> Args:
    """Reads of few pairs, and the table of what was kept before."""
    n = int(rng.integers(0, 30))
    # Tags that begin in one row, or far from each other.
    pair = pairs_of(rng.integers(0, 3, n) * int(rng.choice([1, 64])), rng.integers(0, 2, n).astype(np.int32))
    raw_us = START_US + rng.integers(0, 40, n) * 100_000
    table = np.full((64, 3), -1, np.int64)
    old = np.unique(pair)[:2]
    kernels_dedupe.note_kept(old, np.full(old.size, START_US), np.full(old.size, START_US), table)
    return pair, raw_us, raw_us + rng.integers(-1, 2, n), table


def row_case(rng: Random) -> Args:
    pair, *_, table = table_case(rng)
    return int(rng.choice([*pair, 7 << 20])), table


def late_case(rng: Random) -> Args:
    seen_us = START_US + rng.integers(0, 9, 20)
    watermark_us = int(rng.choice([NEVER_US, START_US + 4]))
    return seen_us, START_US + rng.integers(0, 9, 20), 3, watermark_us, np.zeros(20, np.uint8)


def sort_case(rng: Random) -> Args:
    pair, raw_us, seen_us, table = table_case(rng)
    verdict, window_us = rng.choice([0, 0, 0, 2], pair.size).astype(np.uint8), np.array([500_000, 900_000])
    return pair >> 20, (pair & 1).astype(np.int32), raw_us, seen_us, window_us, table, verdict


def overtaken_case(rng: Random) -> Args:
    m, p = int(rng.integers(0, 9)), int(rng.integers(0, 9))
    near, near_us = rng.integers(0, 3, p), rng.integers(0, 30, p)
    order = np.lexsort((near_us, near))
    verdict = np.zeros(m, np.uint8)
    return rng.integers(0, 3, m), rng.integers(0, 30, m), np.full(m, 4), near[order], near_us[order], verdict


def index_case(rng: Random) -> Args:
    """Keys that are asked for with their hashes, and a table of four; hashes may be alike in all or half their bits."""
    n, known = int(rng.integers(0, 150)), 4
    keys = np.zeros((known + 9, 2), np.uint64)
    keys[:known] = [(0, 0), (0, 1), (1, 0), (1, 1)]
    alike = (hash_of, lambda hi, _: hi << np.uint64(32), lambda hi, lo: hi << np.uint64(21) | lo)[rng.integers(0, 3)]
    slots = np.full(64, kernels_index.FREE, np.uint64)
    kernels_index.place_tags(alike(keys[:known, 0], keys[:known, 1]), np.arange(known), slots)
    hi, lo = rng.integers(0, 3, n).astype(np.uint64), rng.integers(0, 3, n).astype(np.uint64)
    return hi, lo, alike(hi, lo), slots, keys


def find_case(rng: Random) -> Args:
    hi, *rest = index_case(rng)
    return hi, *rest, 4, np.zeros(hi.size, np.int64)


def slot_case(rng: Random) -> Args:
    hi, lo, hashes, slots, keys = index_case(rng)
    while hi.size == 0:
        hi, lo, hashes, slots, keys = index_case(rng)
    return (hi[0], lo[0]), hashes[0], slots, keys


def place_case(rng: Random) -> Args:
    hashes = rng.integers(0, 5, 9).astype(np.uint64) << np.uint64(20)
    return hashes, np.arange(9), np.full(64, kernels_index.FREE, np.uint64)


def waiting_case(rng: Random, free: int = 0) -> Args:
    """Which rows wait, from and up to, and the rows: some gone before those, and room for more after them."""
    rows = evidence(rng, int(rng.integers(0, 40)))
    first, end = int(rng.integers(0, rows.size + 1)), rows.size
    room = np.zeros((2, end + free), np.int64)
    held = np.concatenate((rows, np.zeros(free, EVIDENCE)))
    waiting = Waiting(held.astype(EVIDENCE), room[0], room[1], np.full(8, -1, np.int64))
    kernels_pending.link(0, end, waiting)
    return first, end, waiting


def link_case(rng: Random) -> Args:
    first, end, waiting = waiting_case(rng)
    waiting.newest[:] = -1
    kernels_pending.link(0, first, waiting)
    return first, end, waiting


def merge_case(rng: Random) -> Args:
    new = evidence(rng, int(rng.integers(0, 9)))
    first, end, waiting = waiting_case(rng, new.size)
    new["seen_us"] += rng.choice([0, 3_000_000])
    return first, end, new, waiting


def chain_case(rng: Random) -> Args:
    first, _, waiting = waiting_case(rng)
    return int(rng.integers(0, TAGS)), first, waiting


def count_case(rng: Random) -> Args:
    n, counts = int(rng.integers(0, 30)), rng.integers(0, 9, (4, 3))
    return rng.integers(0, POINTS, n).astype(np.int32), rng.integers(0, 3, n).astype(np.uint8), PLAN.reader_of, counts


def sweep_case(rng: Random) -> Args:
    return START_US, tag_rows(rng, TAGS), health_of(rng), PLAN, new_out(int(rng.choice([1, 64])))


def settle_case(rng: Random) -> Args:
    plan, tags = wide_plan(rng, PLAN), tag_rows(rng, TAGS)
    return evidence(rng, 40), tags, belief_of(rng, TAGS), health_of(rng), plan, new_scratch(plan), new_out(64)


def offset_case(rng: Random) -> Args:
    return read_of(rng), wide_plan(rng, PLAN)


def teach_case(rng: Random) -> Args:
    read, plan = offset_case(rng)
    belief = belief_of(rng, TAGS)
    belief.weight[TAG, 0] = rng.choice([60_000, 63_000, 65_535])
    row = tag_rows(rng, 1)[0]
    row["since_us"] = read["seen_us"] - int(rng.choice([5, 60, 600])) * SECOND_US
    return TAG, row, read, belief, plan


def look_case(rng: Random) -> Args:
    plan, (first, _, waiting) = wide_plan(rng, PLAN), waiting_case(rng)
    state = tag_rows(rng, 3), belief_of(rng, 3)
    return np.array([2, 5, 7]), first, waiting, *state, plan, new_scratch(plan)


def put_case(rng: Random) -> Args:
    n = int(rng.integers(0, PLACES))
    scratch = scratch_of(rng, wide_plan(rng, PLAN), n)
    return int(rng.integers(0, PLACES)), np.float32(rng.random()), np.float32(rng.random()), scratch, n


def anywhere_case(rng: Random) -> Args:
    plan = wide_plan(rng, PLAN)
    return int(rng.integers(1, POINTS)), plan, new_scratch(plan)


def drift_case(rng: Random) -> Args:
    plan, gap_s = wide_plan(rng, PLAN), float(rng.choice([0.0, 0.5, 30.0, 1e5]))
    return TAG, gap_s, int(rng.integers(1, POINTS)), belief_of(rng, TAGS, least=1), plan, new_scratch(plan)


def weigh_case(rng: Random) -> Args:
    plan, n = wide_plan(rng, PLAN), int(rng.integers(0, PLACES))
    return tag_row(rng), read_of(rng), float(rng.random()), plan, scratch_of(rng, plan, n), n


def sway_case(rng: Random) -> Args:
    tag, gap_s, point, belief, plan, scratch = drift_case(rng)
    n = naive_belief.drift(tag, gap_s, point, belief, plan, scratch)
    return tag, gap_s, belief, plan, scratch, n


def blend_case(rng: Random) -> Args:
    was, now = sways(rng, 2)
    now[:, 0] = 0.0
    return np.float32(rng.choice([0.0, 1.0, rng.random()])), np.float32(rng.random()), was, now


def learn_sway_case(rng: Random) -> Args:
    ear, sway = int(rng.integers(0, FOLLOWED)), sways(rng, 1)[0]
    off_db, var = np.float32(rng.normal(0.0, 6.0)), np.float32(sway[ear, 1 + ear] + rng.uniform(1.0, 9.0))
    return ear, off_db, var, sway, np.zeros(FOLLOWED, np.float32)


def keep_case(rng: Random) -> Args:
    n = int(rng.integers(0, PLACES))
    return TAG, belief_of(rng, TAGS), scratch_of(rng, wide_plan(rng, PLAN), n), n


def fold_case(rng: Random) -> Args:
    plan = wide_plan(rng, PLAN)
    return TAG, tag_row(rng), read_of(rng), belief_of(rng, TAGS), plan, new_scratch(plan)


def trial_case(rng: Random) -> Args:
    plan, reads = wide_plan(rng, PLAN), evidence(rng, 40)
    reads = reads[reads["kind"] == 0]
    state = tag_rows(rng, TAGS), belief_of(rng, TAGS)
    return reads, *state, plan, new_scratch(plan), np.zeros(reads.size, np.int16)


def decide_case(rng: Random) -> Args:
    plan = wide_plan(rng, PLAN)
    row = heard_row(rng) if rng.random() < 0.5 else door_row(rng)
    return TAG, row, belief_of(rng, TAGS), plan, new_scratch(plan)


def likeliest_case(rng: Random) -> Args:
    plan = wide_plan(rng, PLAN)
    return TAG, belief_of(rng, TAGS), plan, new_scratch(plan), int(rng.integers(-1, ZONES))


def news_case(rng: Random) -> Args:
    plan, rows, tags = wide_plan(rng, PLAN), tag_rows(rng, 6), np.sort(rng.permutation(TAGS)[:6])
    plan = plan._replace(told_m=float(rng.choice([0.3, np.inf])))
    belief, shown, looks = belief_of(rng, 6), np.zeros(TAGS, SHOWN), np.zeros(6, LOOK)
    kernels_live.tell_news(tags, rows, belief, plan, shown, looks)
    for name, change in (("zone", 1), ("state", 1), ("confidence", 20), ("x", 900), ("seen_ms", -6_000)):
        changed = tags[rng.random(6) < 0.15]
        shown[name][changed] = shown[name][changed].astype(np.int64) + change
    return tags, rows, belief, plan, shown, looks


def is_news_case(rng: Random) -> Args:
    tags, rows, _, plan, shown, looks = news_case(rng)
    return rows[0], (float(looks[0]["x_m"]), float(looks[0]["y_m"])), plan, shown[tags[0]]


def rest_case(rng: Random) -> Args:
    row = heard_row(rng)
    return TAG, row, int(rng.choice([-1, row["zone"]])), health_of(rng), PLAN, new_out(4)


def silent_row(rng: Random) -> Any:
    """A tag in a zone."""
    row = heard_row(rng)
    row["zone"] = rng.integers(0, ZONES)
    return row


def out_case(rng: Random) -> Args:
    row = silent_row(rng)
    row["inside_ms"], row["state"] = 10_000, rng.integers(0, 2)
    row["verdict"], row["way"] = rng.choice([0, 2, 2]), rng.choice([-1, 1, 1])
    plan = wide_plan(rng, PLAN)
    return TAG, START_US, int(rng.integers(0, ZONES)), row, belief_of(rng, TAGS), health_of(rng), plan, new_out(4)


def presence_row(rng: Random) -> Any:
    """What some gaps may have left of a tag; a fresh one now and then."""
    row = np.zeros(1, PRESENCE)[0]
    gaps_s = rng.choice([0.5, 1.4, 2.8, 30.0]) * rng.lognormal(0.0, 0.5, int(rng.integers(0, 130)))
    if gaps_s.size:
        row["gaps"], row["gap_mean_s"] = min(gaps_s.size, 100), gaps_s.mean()
        row["gap_square_s2"] = (gaps_s**2).mean()
    return row


def allowed_case(rng: Random) -> Args:
    return presence_row(rng), float(rng.choice([-1.0, 0.1, 1.4, 9.0, 500.0])), 5.0


def out_of(_rng: Random) -> Out:
    return new_out(64)


def points_of(rng: Random) -> Args:
    return int(rng.integers(0, 2)), START_US + int(rng.integers(0, 3)) * SECOND_US


COMPARISONS: dict[Callable[..., Any], Comparison] = {
    kernels_touch.touch: Comparison(
        slow=naive.touch, make=lambda r: (r.integers(0, 5, 9), r.integers(0, 9, (5, int(r.integers(1, 20)))))
    ),
    kernels_index.home_of: Comparison(slow=naive.slot_home_of, make=lambda r: slot_case(r)[1:3]),
    kernels_index.marked: Comparison(slow=naive.marked, make=lambda r: slot_case(r)[1:3]),
    kernels_index.slot_of: Comparison(slow=naive.slot_of, make=slot_case),
    kernels_index.find_tags: Comparison(slow=naive.find_tags, make=find_case, private=(3,)),
    kernels_index.place_tags: Comparison(slow=naive.place_tags, make=place_case, unordered=(2,)),
    kernels_dedupe.mark_late: Comparison(slow=naive.mark_late, make=late_case),
    kernels_dedupe.pair_of: Comparison(
        slow=naive.pair_of, make=lambda r: (int(r.integers(0, 2**31)), int(r.integers(0, 2**20)))
    ),
    kernels_dedupe.home_of: Comparison(slow=naive.home_of, make=row_case),
    kernels_dedupe.row_of: Comparison(slow=naive.row_of, make=row_case),
    kernels_dedupe.sort_out: Comparison(slow=naive.sort_out, make=sort_case, unordered=(5,)),
    kernels_dedupe.keep_overtaken: Comparison(slow=naive.keep_overtaken, make=overtaken_case),
    kernels_dedupe.note_kept: Comparison(slow=naive.note_kept, make=table_case, unordered=(3,)),
    kernels_dedupe.count_verdicts: Comparison(slow=naive.count_verdicts, make=count_case),
    kernels_narrow.clock_ms: Comparison(slow=naive_narrow.clock_ms, make=lambda r: (float(r.uniform(0.0, 1e7)),)),
    kernels_narrow.elapsed_s: Comparison(
        slow=naive_narrow.elapsed_s, make=lambda r: (float(r.uniform(0.0, 1e7)), int(r.integers(0, 2**32)))
    ),
    kernels_narrow.level_of: Comparison(
        slow=naive_narrow.level_of, make=lambda r: (float(r.choice([-200.0, -140.0, 3.0, r.uniform(-90, -20)])),)
    ),
    kernels_narrow.dbm_of: Comparison(slow=naive_narrow.dbm_of, make=lambda r: (int(r.integers(0, 256)),)),
    kernels_narrow.grain_of: Comparison(
        slow=naive_narrow.grain_of, make=lambda r: (float(r.uniform(-9.0, 99.0)), float(r.uniform(-5.0, 0.0)), 0.0012)
    ),
    kernels_narrow.remember: Comparison(slow=naive_narrow.remember, make=lambda r: (tag_row(r), read_of(r))),
    kernels_settle.ask_for_tag: Comparison(
        slow=naive.ask_for_tag, make=lambda r: (TAG, tag_rows(r, TAGS), belief_of(r, TAGS))
    ),
    kernels_belief.temper: Comparison(
        slow=naive_belief.temper, make=lambda r: (tag_row(r), read_of(r), float(r.choice([0.0, 0.8, 4.0])))
    ),
    kernels_belief.put: Comparison(slow=naive_belief.put, make=put_case),
    kernels_belief.anywhere: Comparison(slow=naive_belief.anywhere, make=anywhere_case),
    kernels_belief.drift: Comparison(slow=naive_belief.drift, make=drift_case),
    kernels_belief.weigh: Comparison(slow=naive_belief.weigh, make=weigh_case),
    kernels_belief.keep_best: Comparison(slow=naive_belief.keep_best, make=keep_case, scratch=(2,)),
    kernels_belief.believe: Comparison(slow=naive_belief.believe, make=fold_case, scratch=(5,)),
    kernels_belief.forget: Comparison(slow=naive_belief.forget, make=lambda r: (TAG, tag_row(r), belief_of(r, TAGS))),
    kernels_belief.likeliest: Comparison(slow=naive_belief.likeliest, make=likeliest_case, scratch=(3,)),
    kernels_sway.sway_on: Comparison(slow=naive_sway.sway_on, make=sway_case),
    kernels_sway.blend: Comparison(slow=naive_sway.blend, make=blend_case),
    kernels_sway.learn_sway: Comparison(slow=naive_sway.learn_sway, make=learn_sway_case),
    kernels_fold.decide: Comparison(slow=naive.decide, make=decide_case, scratch=(4,)),
    kernels_fold.note_read: Comparison(slow=naive.note_read, make=lambda r: (tag_row(r), read_of(r), PLAN)),
    kernels_fold.spot_of: Comparison(
        slow=naive_spot.spot_of, make=lambda r: (TAG, tag_row(r), belief_of(r, TAGS), wide_plan(r, PLAN))
    ),
    kernels_fold.revive: Comparison(
        slow=naive.revive, make=lambda r: (TAG, tag_row(r), START_US + 5, belief_of(r, TAGS))
    ),
    kernels_fold.fold_read: Comparison(slow=naive.fold_read, make=fold_case, scratch=(5,)),
    kernels_trial.tell_zones: Comparison(slow=naive.tell_zones, make=trial_case, scratch=(4,)),
    kernels_tell.tell_change: Comparison(
        slow=naive_silence.tell_change,
        make=lambda r: (*points_of(r), int(r.integers(0, 2)), 1, health_of(r), out_of(r)),
    ),
    kernels_silence.hear: Comparison(
        slow=naive_silence.hear, make=lambda r: (*points_of(r), bool(r.integers(0, 2)), health_of(r), PLAN, out_of(r))
    ),
    kernels_silence.listen: Comparison(
        slow=naive_silence.listen, make=lambda r: (int(r.integers(0, POINTS)), float(r.random()), health_of(r), PLAN)
    ),
    kernels_silence.tell: Comparison(
        slow=naive_silence.tell, make=lambda r: (word_of(r), health_of(r), PLAN, out_of(r))
    ),
    kernels_portal.passes: Comparison(
        slow=naive_portal.passes, make=lambda r: (door_row(r), int(r.integers(0, ZONES)), PLAN)
    ),
    kernels_portal.doorway: Comparison(slow=naive_portal.doorway, make=lambda r: (door_row(r), PLAN)),
    kernels_portal.note_inside: Comparison(slow=naive_portal.note_inside, make=lambda r: (tag_row(r), PLAN)),
    kernels_portal.is_inside: Comparison(slow=naive_portal.is_inside, make=lambda r: (tag_row(r),)),
    kernels_portal.went_out: Comparison(slow=naive_portal.went_out, make=lambda r: (tag_row(r),)),
    kernels_portal.stayed: Comparison(slow=naive_portal.stayed, make=lambda r: (tag_row(r),)),
    kernels_portal.may_leave: Comparison(slow=naive_portal.may_leave, make=lambda r: (tag_row(r), PLAN)),
    kernels_presence.allowed_s: Comparison(
        slow=naive_presence.allowed_s, make=lambda r: (presence_row(r), float(r.uniform(3.0, 8.0)))
    ),
    kernels_presence.learn_gap: Comparison(
        slow=naive_presence.learn_gap, make=lambda r: (presence_row(r), float(r.choice([0.1, 0.4, 1.4, 60.0])))
    ),
    kernels_presence.allowed_after_read: Comparison(slow=naive_presence.allowed_after_read, make=allowed_case),
    kernels_presence.change_clock: Comparison(slow=naive_presence.change_clock, make=lambda r: (presence_row(r),)),
    kernels_presence.presence: Comparison(
        slow=naive_presence.presence,
        make=lambda r: (float(r.choice([0.0, 3.0, 7.0, 1e4])), float(r.uniform(3.0, 30.0))),
    ),
    kernels_silence.rest: Comparison(slow=naive_silence.rest, make=rest_case),
    kernels_silence.begin_silence: Comparison(
        slow=naive_silence.begin_silence, make=lambda r: (silent_row(r), health_of(r))
    ),
    kernels_silence.any_due: Comparison(slow=naive_silence.any_due, make=lambda r: (health_of(r),)),
    kernels_tell.write_move: Comparison(
        slow=naive_silence.write_move, make=lambda r: (4, tag_row(r), START_US, 2, 1, (1.5, 2.5), out_of(r))
    ),
    kernels_tell.write_quiet: Comparison(
        slow=naive_silence.write_quiet, make=lambda r: (4, START_US, int(r.integers(0, 2)), 0.5, out_of(r))
    ),
    kernels_silence.go_out: Comparison(slow=naive_silence.go_out, make=out_case),
    kernels_silence.fall_quiet: Comparison(
        slow=naive_silence.fall_quiet, make=lambda r: (TAG, START_US, silent_row(r), health_of(r), new_out(4))
    ),
    kernels_silence.sweep: Comparison(slow=naive_silence.sweep, make=sweep_case),
    kernels_silence.next_deadline: Comparison(
        slow=naive_silence.next_deadline, make=lambda r: (8 * SECOND_US + int(r.integers(0, 2)), health_of(r))
    ),
    kernels_silence.miss_readers: Comparison(
        slow=naive_silence.miss_readers, make=lambda r: (START_US, 8 * SECOND_US, health_of(r), out_of(r))
    ),
    kernels_pending.goes_before: Comparison(
        slow=naive_pending.goes_before, make=lambda r: tuple(evidence(r, 2)[[0, 1] if r.random() < 0.5 else [1, 0]])
    ),
    kernels_pending.link: Comparison(slow=naive_pending.link, make=link_case),
    kernels_pending.merge: Comparison(slow=naive_pending.merge, make=merge_case),
    kernels_pending.first_read: Comparison(slow=naive_pending.first_read, make=chain_case),
    kernels_offset.offset_of: Comparison(slow=naive_offset.offset_of, make=offset_case),
    kernels_offset.begin_spell: Comparison(
        slow=naive_offset.begin_spell,
        make=lambda r: (START_US + int(r.integers(-30, 30)) * SECOND_US, offset_case(r)[1]),
    ),
    kernels_offset.learn_offset: Comparison(slow=naive_offset.learn_offset, make=teach_case),
    kernels_settle.settle: Comparison(slow=naive.settle, make=settle_case, scratch=(5,)),
    kernels_live.look_ahead: Comparison(slow=naive.look_ahead, make=look_case, private=(2,), scratch=(6,)),
    kernels_live.is_news: Comparison(slow=naive.is_news, make=is_news_case),
    kernels_live.tell_news: Comparison(slow=naive.tell_news, make=news_case),
}
