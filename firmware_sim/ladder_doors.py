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
    moved = kind != 1
    rows = [
        (f"moved or static by {name}, AUC", published, auc(signed[moved, FEATURES.index(name)], kind[moved] == 2))  # noqa: PLR2004
        for name, published in (("sd", 0.998), ("range", 0.998), ("EMA range", 0.998), ("phase step", 0.982))
    ]
    rows += [
        (f"moved or static by {name}, AUC", published, auc(signed[moved, FEATURES.index(name)], kind[moved] == 2))  # noqa: PLR2004
        for name, published in (("max", 0.73), ("mean", 0.65))
    ]
    return rows + _verdicts(signed, kind) + _directions([row for row, _ in runs], signed)


def _verdicts(signed: Floats, kind: Indices) -> list[tuple[str, float, float]]:
    x = np.column_stack((signed[:, :6], np.abs(signed[:, 6:])))
    said = regressed(x, kind)
    hits = float(((said == 2) & (kind == 2)).sum())  # noqa: PLR2004
    precision, recall = hits / max(int((said == 2).sum()), 1), hits / int((kind == 2).sum())  # noqa: PLR2004
    static = float(((said == 0) & (kind == 0)).sum())
    static_f1 = 2 * static / int((said == 0).sum() + (kind == 0).sum())
    return [
        ("three classes, accuracy", 0.937, float((said == kind).mean())),
        ("three classes, through precision", 0.811, precision),
        ("three classes, through recall", 0.938, recall),
        ("three classes, static F1", 0.984, static_f1),
    ]


def _directions(rows: Sequence[TruthRow], signed: Floats) -> list[tuple[str, float, float]]:
    inward = np.array([row.direction == "in" for row in rows])
    through = np.array([row.verdict == "through" for row in rows])
    return [
        (f"direction by {name}", published, float(((signed[:, FEATURES.index(name)] > 0) == inward)[through].mean()))
        for name, published in (("centroid", 0.9375), ("slope", 0.969), ("quarters", 0.9375))
    ]
