"""
What is measured of a recording, real or simulated, so that the two can be held against each other.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from firmware_sim.arrays import Floats, Shorts

READS_MIN: Final = 20
BRIEF_S: Final = 5.0
BRIEF_READS_MIN: Final = 6
_GAP_SHARES: Final = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9}


def gaps_of(name: str, gaps_s: Floats) -> dict[str, float]:
    """How long it takes from one read of a tag to the next, seconds."""
    figures = {f"{name}: gap {share}, s": float(np.percentile(gaps_s, of)) for share, of in _GAP_SHARES.items()}
    return figures | {f"{name}: longest gap, s": float(gaps_s.max())}


def per_tag(name: str, rates: Floats) -> dict[str, float]:
    """How often a tag is read in a second: the slow, the middle and the fast ones."""
    return {f"{name}: reads/s a tag, p{share}": float(np.percentile(rates, share)) for share in (10, 50, 90)}


def spread(levels: Iterable[Sequence[float] | Floats]) -> float:
    """Middle of the standard deviations of these lots of levels, those with enough reads, dB."""
    return float(np.median([np.std(lot) for lot in levels if len(lot) >= READS_MIN]))


def brief_spread(at_s: Floats, antenna: Shorts, level_dbm: Floats) -> list[float]:
    """Standard deviations of the levels at each antenna within BRIEF_S, where that has reads enough, dB."""
    key = np.floor(at_s / BRIEF_S).astype(np.int64) * 64 + antenna
    lots = np.split(level_dbm[np.argsort(key, kind="stable")], np.cumsum(np.unique(key, return_counts=True)[1])[:-1])
    return [float(np.std(lot)) for lot in lots if lot.size >= BRIEF_READS_MIN]


def counted(name: str, read: Floats, loudest: Floats) -> dict[str, float]:
    """
    How counts miss tags that are there.

    read     float[round, tag]  reads of each tag in each round
    loudest  float[round, tag]  its strongest level in it, dBm; meaningless where it was not read
    """
    missed = read == 0
    before, after = missed[:-1], missed[1:]
    heard = (~missed).sum(axis=0) > read.shape[0] // 2
    level = np.ma.masked_array(loudest, missed)[:, heard]
    return {
        f"{name}: share read in a round": float(1.0 - missed.mean()),
        f"{name}: share read in one of two rounds": float((~(before & after)).mean()),
        f"{name}: P(miss given missed before)": _share(before & after, before),
        f"{name}: P(miss given read before)": _share(~before & after, ~before),
        f"{name}: strongest level, tag to tag, dB": float(level.mean(axis=0).std()),
        f"{name}: strongest level, round to round, dB": float(level.std(axis=0).mean()),
    }


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    return float(part.sum() / max(int(whole.sum()), 1))
