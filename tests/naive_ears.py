"""The kernels of ears once more, slow and plain."""

import math
from typing import Any

from core.engine.kernels_ears import (
    ALIKE_DB,
    FADE_GAPS,
    FADE_S_MIN,
    FOLLOW,
    GAP_FOLLOW,
    GAP_GUESS_S,
    RECALL_MIN,
    TYPICAL_DBM,
)
from core.engine.records import EARS


def listen(row: Any, read: Any, alpha: float) -> None:
    points = row["ear_point"].tolist()
    dbm = float(read["rssi_dbm"]) if read["rssi_dbm"] > -200.0 else float(TYPICAL_DBM)
    if read["read_point"] not in points:
        at = points.index(-1) if -1 in points else int(row["ear_us"].argmin())
        row["ear_point"][at], row["ear_dbm"][at], row["ear_gap_s"][at] = read["read_point"], dbm, 0.0
    else:
        at = points.index(read["read_point"])
        gap_s, before_s = (int(read["seen_us"]) - int(row["ear_us"][at])) / 1e6, float(row["ear_gap_s"][at])
        row["ear_gap_s"][at] = gap_s if before_s == 0.0 else before_s + float(GAP_FOLLOW) * (gap_s - before_s)
        row["ear_dbm"][at] += float(FOLLOW) * alpha * (dbm - row["ear_dbm"][at])
    row["ear_us"][at] = read["seen_us"]


def recall(row: Any, k: int, seen_us: int) -> float:
    pace_s = max(float(FADE_GAPS) * (float(row["ear_gap_s"][k]) or float(GAP_GUESS_S)), float(FADE_S_MIN))
    kept = math.exp(-(seen_us - int(row["ear_us"][k])) / 1e6 / pace_s)
    return kept if row["ear_point"][k] >= 0 and kept > RECALL_MIN else 0.0


def weigh(row: Any, seen_us: int, loudest: Any, scratch: Any, n: int) -> None:
    ears = {k: recall(row, k, seen_us) for k in range(EARS)}
    peak = max(float(row["ear_dbm"][k]) for k, kept in ears.items() if kept)
    shares = {k: kept * math.exp((float(row["ear_dbm"][k]) - peak) / float(ALIKE_DB)) for k, kept in ears.items()}
    logs = [
        sum(share * float(loudest[row["ear_point"][k], zone]) for k, share in shares.items() if share)
        for zone in scratch.zone[:n]
    ]
    scratch.weight[:n] = [math.exp((log - max(logs, default=0.0)) / sum(shares.values())) for log in logs]
