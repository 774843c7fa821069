"""
How hard the dock door's room is: features and simple methods scored on a recording, beside the same on the real one.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from firmware_sim.arrays import Bools, Floats, Indices
from firmware_sim.recording import Heard, Recording, TruthRow
from firmware_sim.room_radio import CORNERS_M
from firmware_sim.rooms import RoomConfig, record_door_runs

CLASSES: Final = ("static", "milling", "through")
FEATURES: Final = ("sd", "range", "EMA range", "mean", "max", "phase step", "slope", "centroid", "quarters")
PUBLISHED: Final = {
    "moved or static by sd, AUC": 0.998,
    "moved or static by range, AUC": 0.998,
    "moved or static by EMA range, AUC": 0.998,
    "moved or static by phase step, AUC": 0.982,
    "moved or static by max, AUC": 0.73,
    "moved or static by mean, AUC": 0.65,
    "three classes, accuracy": 0.937,
    "three classes, through precision": 0.811,
    "three classes, through recall": 0.938,
    "three classes, through F1": 0.870,
    "three classes, static F1": 0.984,
    "direction by centroid": 0.9375,
    "direction by slope": 0.969,
    "direction by quarters": 0.9375,
}
"""What was measured of the real runs."""
FOLDS: Final = 10
EMA_S: Final = 0.5
_SAME_CHANNEL_S: Final = 0.5
_READS_MIN: Final = 4
_ANTENNA_Y: Final = np.array([y for _, y in CORNERS_M])
_INWARD: Final = _ANTENNA_Y - _ANTENNA_Y.mean()


def features_of(heard: Heard) -> Floats:
    """Make a run's features, in the order of FEATURES; the last three are signed: positive is inward."""
    t_s = (heard.seen_us - heard.seen_us[0]) / 1e6
    spread, slope, centre, quarter = [], np.zeros(4), np.full(4, t_s.mean()), np.zeros(4)
    for port in range(4):
        mine = heard.port == port + 1
        t, level = t_s[mine], heard.level_dbm[mine]
        if t.size < _READS_MIN:
            continue
        low, high = np.percentile(level, (5, 95))
        average = _averaged(t, level)
        step = _phase_step(t, heard.phase_deg[mine], heard.channel_mhz[mine])
        spread.append((level.std(), high - low, np.ptp(average), level.mean(), level.max(), step))
        slope[port] = np.polyfit(t, level, 1)[0]
        power = 10.0 ** (level / 10.0)
        centre[port] = (power * t).sum() / power.sum()
        cut = max(t.size // 4, 1)
        quarter[port] = level[-cut:].mean() - level[:cut].mean()
    told = np.mean(spread, axis=0) if spread else np.zeros(6)
    length = max(float(t_s[-1]), 0.1)
    return np.array([*told, _INWARD @ slope, _INWARD @ centre / length, _INWARD @ quarter])


def _averaged(t: Floats, level: Floats) -> Floats:
    """Follow the level by a moving average of EMA_S."""
    out, mean = np.empty(t.size), float(level[0])
    for i, (gap, value) in enumerate(zip(np.diff(t, prepend=t[0]).tolist(), level.tolist(), strict=True)):
        mean += (1.0 - np.exp(-gap / EMA_S)) * (value - mean)
        out[i] = mean
    return out


def _phase_step(t: Floats, phase_deg: Floats, channel: Floats) -> float:
    """Mean change of phase between two reads on one channel, half turns left out."""
    near = (np.diff(t) < _SAME_CHANNEL_S) & (np.diff(channel) == 0.0)
    if not near.any():
        return 0.0
    step = (np.diff(phase_deg)[near] + 90.0) % 180.0 - 90.0
    return float(np.abs(step).mean())


def auc(score: Floats, positive: Bools) -> float:
    """How often a positive scores above a negative."""
    order = score.argsort(kind="stable")
    rank = np.empty(score.size)
    rank[order] = np.arange(1, score.size + 1)
    number = int(positive.sum())
    return float((rank[positive].sum() - number * (number + 1) / 2) / (number * (score.size - number)))


def regressed(x: Floats, kind: Indices) -> Indices:
    """Classify by multinomial logistic regression, each fold by the others."""
    said = np.zeros(kind.size, np.int32)
    fold = np.arange(kind.size) % FOLDS
    for one in range(FOLDS):
        train, test = fold != one, fold == one
        mean, sd = x[train].mean(axis=0), x[train].std(axis=0) + 1e-9
        weights = _fitted((x[train] - mean) / sd, kind[train])
        said[test] = (_with_one((x[test] - mean) / sd) @ weights).argmax(axis=1)
    return said


def _with_one(x: Floats) -> Floats:
    return np.column_stack((x, np.ones(len(x))))


def _fitted(x: Floats, kind: Indices) -> Floats:
    """Descend the penalised likelihood."""
    inputs, wanted = _with_one(x), np.eye(len(CLASSES))[kind]
    weight = 1.0 / wanted.sum(axis=0)[kind]  # each class counts alike
    weights = np.zeros((inputs.shape[1], len(CLASSES)))
    for _ in range(1_500):
        odds = np.exp(inputs @ weights - (inputs @ weights).max(axis=1, keepdims=True))
        miss = odds / odds.sum(axis=1, keepdims=True) - wanted
        weights -= 0.5 * (inputs.T @ (miss * weight[:, np.newaxis]) / weight.sum() + 1e-3 * weights)
    return weights


def runs_of(recording: Recording) -> list[tuple[TruthRow, Heard]]:
    """Cut a recording of runs into its runs."""
    heard, runs = recording.heard, []
    for row in recording.truth:
        first, last = np.searchsorted(heard.seen_us, (row.from_us, row.to_us))
        if last - first >= _READS_MIN:
            runs.append((row, heard.part(slice(first, last))))
    return runs


def door_ladder(room: int, seed: int) -> list[tuple[str, float, float]]:
    """Score the room: what, the published figure, ours."""
    runs = runs_of(record_door_runs(RoomConfig(seed=seed, room=room)))
    kind = np.array([CLASSES.index(row.verdict) for row, _ in runs], np.int32)
    signed = np.array([features_of(heard) for _, heard in runs])
    ours = _separations(signed, kind) | _verdicts(signed, kind) | _directions([row for row, _ in runs], signed)
    return [(name, published, ours[name]) for name, published in PUBLISHED.items()]


def door_figures(rooms: Sequence[int], seed: int) -> dict[str, float]:
    """Score several rooms: the mean of each figure."""
    ladders = [door_ladder(room, seed) for room in rooms]
    return {rows[0][0]: sum(ours for _, _, ours in rows) / len(rows) for rows in zip(*ladders, strict=True)}


def _separations(signed: Floats, kind: Indices) -> dict[str, float]:
    through, moved = CLASSES.index("through"), kind != CLASSES.index("milling")
    return {
        f"moved or static by {name}, AUC": auc(signed[moved, FEATURES.index(name)], kind[moved] == through)
        for name in ("sd", "range", "EMA range", "phase step", "max", "mean")
    }


def _verdicts(signed: Floats, kind: Indices) -> dict[str, float]:
    x = np.column_stack((signed[:, :6], np.abs(signed[:, 6:])))
    said = regressed(x, kind)
    right, claimed, true = (
        np.bincount(which, minlength=len(CLASSES)).tolist() for which in (kind[said == kind], said, kind)
    )
    static, through = CLASSES.index("static"), CLASSES.index("through")
    return {
        "three classes, accuracy": float((said == kind).mean()),
        "three classes, through precision": right[through] / max(claimed[through], 1),
        "three classes, through recall": right[through] / true[through],
        "three classes, through F1": 2 * right[through] / (claimed[through] + true[through]),
        "three classes, static F1": 2 * right[static] / (claimed[static] + true[static]),
    }


def _directions(rows: Sequence[TruthRow], signed: Floats) -> dict[str, float]:
    inward = np.array([row.direction == "in" for row in rows])
    through = np.array([row.verdict == "through" for row in rows])
    return {
        f"direction by {name}": float(((signed[:, FEATURES.index(name)] > 0) == inward)[through].mean())
        for name in ("centroid", "slope", "quarters")
    }
