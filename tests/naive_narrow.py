"""The kernels of a tag's narrow row once more, slow and plain."""

from typing import Any

import numpy as np

from core.engine.records import AGO_MAX, LAST
from core.model.columns import UNHEARD_DBM


def clock_ms(at_s: float) -> int:
    return int(at_s * 1000) % 2**32


def elapsed_s(at_s: float, then_ms: int) -> float:
    return (int(at_s * 1000) - int(then_ms)) % 2**32 / 1000


def level_of(dbm: float) -> int:
    return 255 if dbm <= UNHEARD_DBM else int(np.clip(np.rint(-2.0 * dbm), 0, 254))


def dbm_of(level: int) -> float:
    return float(UNHEARD_DBM) if level == 255 else -0.5 * int(level)


def grain_of(at_m: float, corner_m: float, grain_m: float) -> int:
    return int(np.clip(np.rint((at_m - corner_m) / grain_m), 0, 65_535))


def last_reads(row: Any) -> list[tuple[int, int, int]]:
    """(read point, milliseconds before the newest, level) of a tag's last reads, newest first."""
    return list(zip(row["point"].tolist(), row["ago_ms"].tolist(), row["level"].tolist(), strict=True))


def remember(row: Any, read: Any) -> None:
    gap_ms = (int(read["seen_us"]) - int(row["seen_us"]) + 500) // 1000
    later = [(point, min(ago_ms + gap_ms, AGO_MAX), level) for point, ago_ms, level in last_reads(row)]
    newest = (int(read["read_point"]), 0, level_of(float(read["rssi_dbm"])))
    for k, entry in enumerate([newest, *later][:LAST]):
        row["point"][k], row["ago_ms"][k], row["level"][k] = entry
