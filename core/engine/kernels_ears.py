"""Which read points hear a tag, how loud and how often: what a tag remembers, and what that says of its zone."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit
from core.engine.records import EARS, Floats32, Row, Scratch
from core.model.columns import UNHEARD_DBM

FOLLOW: Final = np.float32(0.4)
"""How far a remembered level follows each read."""
GAP_FOLLOW: Final = np.float32(0.3)
"""How far the remembered time between two reads follows each."""
GAP_GUESS_S: Final = np.float32(5.0)
"""That time for a read point that has heard the tag only once."""
FADE_GAPS: Final = np.float32(4.0)
"""A read point silent for this many of its own gaps has faded to a third: the tag may have moved on."""
FADE_S_MIN: Final = np.float32(4.0)
"""And never faster than in this time: reads come in bursts."""
RECALL_MIN: Final = 0.02
"""What has faded to less is forgotten."""
ALIKE_DB: Final = np.float32(4.0)
"""Read points whose levels differ by less hear a tag about alike: places differ by that much."""
TYPICAL_DBM: Final = np.float32(-70.0)
"""The level that a read without RSSI counts as."""
SECOND_US: Final = 1e6


@njit
def listen(row: Row, read: Row, alpha: float) -> None:
    """
    Remember how loud the read point hears the tag, and how often; a new one takes the place of the longest silent.

    row    TAG       in and out: the ears
    read   EVIDENCE  a read of it, not older than the last one folded
    alpha  float     from temper
    """
    at, oldest = -1, 0
    for k in range(EARS):
        if row["ear_point"][k] == read["read_point"]:
            at = k
        if row["ear_point"][oldest] >= 0 and (row["ear_point"][k] < 0 or row["ear_us"][k] < row["ear_us"][oldest]):
            oldest = k
    dbm = read["rssi_dbm"] if read["rssi_dbm"] > UNHEARD_DBM else TYPICAL_DBM
    if at < 0:
        row["ear_point"][oldest] = read["read_point"]
        row["ear_dbm"][oldest] = dbm
        row["ear_us"][oldest] = read["seen_us"]
        row["ear_gap_s"][oldest] = 0.0
        return
    gap_s = np.float32((read["seen_us"] - row["ear_us"][at]) / SECOND_US)
    if row["ear_gap_s"][at] == 0.0:
        row["ear_gap_s"][at] = gap_s
    else:
        row["ear_gap_s"][at] += GAP_FOLLOW * (gap_s - row["ear_gap_s"][at])
    row["ear_dbm"][at] += FOLLOW * np.float32(alpha) * (dbm - row["ear_dbm"][at])
    row["ear_us"][at] = read["seen_us"]


@njit
def recall(row: Row, k: int, seen_us: int) -> float:
    """
    Say how much an ear still counts, 0..1: it fades once it is silent for longer than it is used to be.

    A crowded antenna speaks of a tag twice a minute and an idle one every second; each is judged by its own pace.

    row      TAG  the ears
    k        int  which
    seen_us  int  now, in event time
    """
    if row["ear_point"][k] < 0:
        return 0.0
    gap_s = row["ear_gap_s"][k] if row["ear_gap_s"][k] > 0.0 else GAP_GUESS_S
    silent_s = (seen_us - row["ear_us"][k]) / SECOND_US
    kept = np.exp(-silent_s / max(FADE_GAPS * gap_s, FADE_S_MIN))
    return float(kept) if kept > RECALL_MIN else 0.0


@njit
def weigh(row: Row, seen_us: int, loudest: Floats32, scratch: Scratch, n: int) -> None:
    """
    Weigh each candidate by how likely a tag there is heard loudest by the read points that do; the best gets 1.

    row      TAG            its ears; at least one of them counts
    seen_us  int            of the newest read
    loudest  float32[A, Z]  log chances
    scratch  Scratch        n candidates; out: their weights
    """
    peak = UNHEARD_DBM
    for k in range(EARS):
        if recall(row, k, seen_us) > 0.0:
            peak = max(peak, row["ear_dbm"][k])
    for c in range(n):
        scratch.weight[c] = 0.0
    total = np.float32(0.0)
    for k in range(EARS):
        kept = recall(row, k, seen_us)
        if kept > 0.0:
            share = np.float32(kept) * np.exp((row["ear_dbm"][k] - peak) / ALIKE_DB)
            total += share
            for c in range(n):
                scratch.weight[c] += share * loudest[row["ear_point"][k], scratch.zone[c]]
    best = np.float32(-np.inf)
    for c in range(n):
        best = max(best, scratch.weight[c])
    for c in range(n):
        scratch.weight[c] = np.exp((scratch.weight[c] - best) / total)
