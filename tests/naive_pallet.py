"""
How passages look, alone and beside each other, again, slow and plain.
"""

from typing import Any

import numpy as np

from core.engine.records_passage import BINS, STATIC
from tests.naive_passage_shape import measure


def weigh_kinds(row: Any, door: int, doors: Any, work: Any) -> float:
    if row["levels"] == 0:
        work.logits[:] = 1.0, 0.0, 0.0
        return 0.0
    way = measure(row, door, doors, work)
    look(door, doors, work)
    work.logits[:] = doors.weights[door] @ np.append(work.looks, 1.0)
    return way


def look(door: int, doors: Any, work: Any) -> None:
    off = np.clip((work.feature - doors.centre[door]) / doors.scale[door], -4.0, 4.0)
    work.looks[:] = np.append(off, np.tanh(doors.hidden[door] @ np.append(off, 1.0)))


def likeliest_kind(logits: Any) -> int:
    return int(np.argmax(logits))


def chances(logits: Any) -> Any:
    odds = np.exp(logits - logits.max())
    return odds / odds.sum()


def weigh_alone(p: int, doors: Any, at: Any, work: Any) -> Any:
    row = at.open[p]
    way = weigh_kinds(row, int(at.visits[row["visit"]]["door"]), doors, work)
    return np.append(work.logits, way)


def together(one: Any, other: Any) -> float:
    if abs(int(one["peak_us"]) - int(other["peak_us"])) >= 1_500_000:
        return 0.0
    spans = [(int(row["opened_us"] - row["waited_us"]), int(row["last_us"])) for row in (one, other)]
    begins, ends = zip(*spans, strict=True)
    return float(max(min(ends) - max(begins), 0) / max(max(ends) - min(begins), 1))


def ask_closed(p: int, door: int, at: Any, total: Any) -> float:
    said = [(together(one, at.open[p]), one["logits"].astype(float)) for one in at.closed[door]]
    total += sum((weight * logits for weight, logits in said), np.zeros(4))
    return float(sum(weight for weight, _ in said))


def ask_open(p: int, door: int, doors: Any, at: Any, work: Any, total: Any) -> float:
    others = [q for q in range(at.n[1]) if q != p and at.visits[at.open[q]["visit"]]["door"] == door]
    others = [q for q in others if together(at.open[q], at.open[p]) > 0.0][:16]
    n = 0.0
    for q in others:
        looks = weigh_alone(q, doors, at, work)
        if likeliest_kind(looks[:3]) != STATIC:
            weight = together(at.open[q], at.open[p])
            total += weight * looks
            n += weight
    return n


def ask_pallet(p: int, doors: Any, at: Any, work: Any, own: Any) -> None:
    door, total = int(at.visits[at.open[p]["visit"]]["door"]), np.zeros(4)
    n = ask_closed(p, door, at, total) + ask_open(p, door, doors, at, work, total)
    if n > 0.0:
        say = 0.5 * n / (n + 0.5)
        own[:] = own * (1.0 - say) + total / n * say


def cut_wait(row: Any) -> None:
    half, quarter = BINS // 2, BINS // 4
    for name, empty in (("count", 0), ("sum", 0.0), ("square", 0.0), ("rival_dbm", -100.0)):
        row[name][..., half : BINS - quarter] = row[name][..., half + quarter :].copy()
        row[name][..., BINS - quarter :] = empty
    row["opened_us"] += 5_000_000
    row["waited_us"] += 5_000_000


def goes_on(p: int, at_us: int, doors: Any, at: Any, work: Any) -> bool:
    row = at.open[p]
    while at_us - int(row["opened_us"]) >= 20_000_000:
        looks = weigh_alone(p, doors, at, work)[:3]
        if int(row["waited_us"]) >= 180_000_000 or likeliest_kind(looks) == STATIC:
            return False
        cut_wait(row)
    return True
