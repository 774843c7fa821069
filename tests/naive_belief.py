"""The kernels of where a tag may be once more, slow and plain: a belief is a list of (place, weight, gain)."""

import math
from typing import Any

import numpy as np

from core.engine import kernels_belief, records_belief
from core.model.columns import UNHEARD_DBM
from tests import naive_sway
from tests.naive_narrow import last_reads
from tests.naive_offset import offset_of

Held = list[tuple[int, float, float]]
JUMP, FAINT, LEAST = float(kernels_belief.JUMP), float(kernels_belief.FAINT), float(kernels_belief.WEIGHT_MIN)
UNHEARD = float(records_belief.UNHEARD)
GAIN_READS, GAIN_READS_MAX = float(kernels_belief.GAIN_READS), float(kernels_belief.GAIN_READS_MAX)


def held(tag: int, belief: Any) -> Held:
    """What is believed of a tag, likeliest first."""
    columns = (belief.place[tag].tolist(), belief.weight[tag].tolist(), belief.gain[tag].tolist())
    return [(place, weight / 65_535, gain / 256) for place, weight, gain in zip(*columns, strict=True) if place >= 0]


def listed(places: Any) -> list[int]:
    """A row of places without its filling."""
    return [int(place) for place in places if place >= 0]


def temper(row: Any, read: Any, whole_s: float) -> float:
    gap_s = (int(read["seen_us"]) - int(row["seen_us"])) / 1e6
    same = [gap_s + ago_ms / 1e3 for point, ago_ms, _ in last_reads(row) if point == read["read_point"]]
    return 1.0 if not same or same[0] >= whole_s else same[0] / whole_s


def put(place: int, weight: float, gain: float, scratch: Any, n: int) -> int:
    known = scratch.place[:n].tolist()
    if place in known:
        scratch.weight[known.index(place)] += weight
        return n
    scratch.place[n], scratch.weight[n], scratch.gain[n], scratch.at[place] = place, weight, gain, n
    return n + 1


def anywhere(point: int, plan: Any, scratch: Any) -> int:
    heard = [place for place, hears in enumerate(plan.hears[point].tolist()) if hears[3] >= UNHEARD]
    for c, place in enumerate(heard):
        scratch.place[c], scratch.weight[c], scratch.gain[c], scratch.at[place] = place, 1.0, 0.0, c
    return len(heard)


def drift(tag: int, gap_s: float, point: int, belief: Any, plan: Any, scratch: Any) -> int:
    was, reach = held(tag, belief), listed(plan.nearby[point])
    left = 1.0 - math.exp(-gap_s * plan.leave_per_s)
    flows = [(place, max(weight * (1.0 - left), LEAST), gain) for place, weight, gain in was]
    for place, weight, gain in was:
        beside = listed(plan.next_place[place]) if weight >= FAINT else []
        parts = weight * left * (1.0 - JUMP) / (1 + len(beside))
        flows += [(other, parts, gain) for other in (place, *beside)]
    flows += [(place, max(left * JUMP, LEAST) / len(reach), was[0][2]) for place in reach]
    totals: dict[int, float] = {}
    for place, weight, _ in flows:
        totals[place] = totals.get(place, 0.0) + weight
    first_gain = {place: gain for place, _, gain in reversed(flows)}
    for c, (place, weight) in enumerate(totals.items()):
        scratch.place[c], scratch.weight[c], scratch.gain[c], scratch.at[place] = place, weight, first_gain[place], c
    return len(totals)


def weigh(row: Any, read: Any, alpha: float, plan: Any, scratch: Any, n: int) -> None:
    given, dbm = float(read["rssi_dbm"]), float(read["rssi_dbm"]) - offset_of(read, plan)
    unsure = plan.gain_var * GAIN_READS / (GAIN_READS + float(row["gain_reads"]))
    told, ear = given > UNHEARD_DBM, int(plan.ear_of[read["read_point"]])
    for c in range(n):
        level, above, below, heard = (float(x) for x in plan.hears[read["read_point"], scratch.place[c]])
        scratch.fit[c] = alpha * heard
        if told:
            off_db = dbm - level - float(scratch.gain[c])
            if ear >= 0:
                off_db -= float(scratch.sway[c, ear, 0])
                above = below = float(scratch.sway[c, ear, 1 + ear]) + float(plan.noise[ear])
            up, down = math.sqrt(unsure + above), math.sqrt(unsure + below)
            side = up if off_db > 0.0 else down
            scratch.fit[c] -= (1.0 if ear >= 0 else alpha) * (0.5 * (off_db / side) ** 2 + math.log(up + down))
            scratch.gain[c] += alpha * off_db * unsure / side**2
            if ear >= 0:
                naive_sway.learn_sway(ear, off_db, side**2, scratch.sway[c], scratch.pull)
    best = max((float(scratch.fit[c]) for c in range(n) if scratch.weight[c] > 0.0), default=0.0)
    for c in range(n):
        scratch.weight[c] = float(scratch.weight[c]) * math.exp(min(float(scratch.fit[c]) - best, 0.0))
    if told:
        row["gain_reads"] = min(float(row["gain_reads"]) + alpha, GAIN_READS_MAX)


def keep_best(tag: int, belief: Any, scratch: Any, n: int) -> None:
    slots = belief.place.shape[1]
    best = sorted(range(n), key=lambda c: -float(scratch.weight[c]))[:slots]
    total = sum(float(scratch.weight[c]) for c in best)
    belief.place[tag], belief.weight[tag], belief.gain[tag] = -1, 0, 0
    for k, c in enumerate(best):
        belief.place[tag, k] = scratch.place[c]
        belief.weight[tag, k] = max(round(float(scratch.weight[c]) / total * 65_535), 1)
        belief.gain[tag, k] = np.clip(round(float(scratch.gain[c]) * 256), -32_767, 32_767)
        belief.sway[tag, k] = scratch.sway[c]
    scratch.at[:] = -1


def believe(tag: int, row: Any, read: Any, belief: Any, plan: Any, scratch: Any) -> None:
    gap_s = (int(read["seen_us"]) - int(row["seen_us"])) / 1e6
    point = int(read["read_point"])
    n = drift(tag, gap_s, point, belief, plan, scratch) if held(tag, belief) else anywhere(point, plan, scratch)
    if plan.noise.size:
        naive_sway.sway_on(tag, gap_s, belief, plan, scratch, n)
    weigh(row, read, plan.evidence * temper(row, read, plan.temper_s), plan, scratch, n)
    keep_best(tag, belief, scratch, n)


def forget(tag: int, row: Any, belief: Any) -> None:
    belief.place[tag], belief.weight[tag], belief.gain[tag] = -1, 0, 0
    row["gain_reads"] = 0.0


def likeliest(tag: int, belief: Any, plan: Any, _scratch: Any, zone: int) -> tuple[int, float, float]:
    likely: dict[int, float] = {}
    for place, weight, _ in held(tag, belief):
        its_zone = int(plan.place_zone[place])
        likely[its_zone] = likely.get(its_zone, 0.0) + weight
    best = max(likely, key=lambda z: likely[z], default=-1)
    return best, likely.get(best, 0.0), likely.get(int(zone), 0.0)
