"""How the levels of a few antennas go up and down together in a zone, learned from reads of tags whose zone is told."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.calibrate.labelled import LabelledReads
from core.engine.hearing import Hearing
from core.engine.places import Places
from core.engine.records import Floats, Ints
from core.engine.sway import Sway
from core.model.columns import UNHEARD_DBM

KEEPS_S: Final = 1.0
"""
How long a level keeps. In rooms that were recorded, it takes two seconds to forget half of how it differed; but a place
doesn't explain as much as its reads vary by, and a second found more tags where they were.
"""
BIN_US: Final = 500_000
"""Reads of an antenna within this are of one moment."""
NOISE_GAP_US: Final = 600_000
"""Levels of one antenna that follow each other within this differ by noise."""
NOISE_VAR: Final = 6.0
NOISE_READS: Final = 20.0
COMMON_BINS: Final = 40.0
"""How many moments of a zone what all zones have in common is worth."""
VAR_MIN: Final = 1.0
APART: Final = 0.3
"""
How far covariances are drawn to nothing: what two antennas' levels have in common in one recording is partly where
tags happened to stand in it.
"""


def sway_of_zones(reads: LabelledReads, places: Places, hearing: Hearing) -> tuple[Hearing, Sway]:
    """
    Learn how levels differ from those of the zones, and put the table's levels at their means, as that is told of them.

    The reads are of EARS_MAX read points at most, and of one at least.
    """
    place_of = np.full(int(max(places.zone.max(), reads.zone.max(initial=0))) + 1, -1)
    place_of[places.zone] = np.arange(len(places))
    known = (reads.zone >= 0) & (reads.rssi_dbm > UNHEARD_DBM)
    reads = reads.take(known & (place_of[reads.zone] >= 0))
    points, ear = np.unique(reads.read_point, return_inverse=True)
    ear_of = np.full(hearing.dbm.shape[0], -1, np.int16)
    ear_of[points] = np.arange(points.size)
    place = place_of[reads.zone]
    off = reads.rssi_dbm - hearing.dbm[reads.read_point, place].astype(np.float64)
    low = _means(off, place * points.size + ear, len(places) * points.size).reshape(len(places), -1)
    dbm = hearing.dbm.copy()
    dbm[points] += low.T.astype(np.float32)
    noise = _noise(reads, ear, points.size)
    cov = _covariances(off - low[place, ear], _moments(reads), ear, place, noise)
    sway = Sway(ear_of=ear_of, cov=cov.astype(np.float32), noise=noise.astype(np.float32), keeps_s=KEEPS_S)
    return Hearing(dbm=dbm, up_db=hearing.up_db, down_db=hearing.down_db, chance=hearing.chance), sway


def _means(value: Floats, group: Ints, n_groups: int) -> Floats:
    n = np.bincount(group, minlength=n_groups)
    return np.bincount(group, value, minlength=n_groups) / np.maximum(n, 1)


def _noise(reads: LabelledReads, ear: Ints, ears: int) -> Floats:
    """Variance of single reads for each ear: half the mean square of what reads close to each other differ by."""
    order = np.lexsort((reads.seen_us, ear, reads.tag))
    step = np.diff(reads.rssi_dbm[order].astype(np.float64))
    near = (np.diff(ear[order]) == 0) & (np.diff(reads.tag[order]) == 0)
    near &= (np.diff(reads.stay[order]) == 0) & (np.diff(reads.seen_us[order]) <= NOISE_GAP_US)
    at = ear[order][1:][near]
    total = np.bincount(at, 0.5 * step[near] ** 2, minlength=ears)
    noise: Floats = (total + NOISE_READS * NOISE_VAR) / (np.bincount(at, minlength=ears) + NOISE_READS)
    return noise


def _moments(reads: LabelledReads) -> npt.NDArray[np.intp]:
    """A number for each tag, stay and half second."""
    moment = np.column_stack((reads.tag, reads.stay, reads.seen_us // BIN_US))
    return np.unique(moment, axis=0, return_inverse=True)[1].ravel()


def _covariances(off: Floats, moment: npt.NDArray[np.intp], ear: Ints, place: Ints, noise: Floats) -> Floats:
    """Covariance of the ears' levels at each place, noise taken off, float64[P, S, S]."""
    n, ears, places = int(moment.max()) + 1, noise.size, int(place.max()) + 1
    reads = np.bincount(moment * ears + ear, minlength=n * ears).reshape(n, ears)
    mean = _means(off, moment * ears + ear, n * ears).reshape(n, ears)
    heard = (reads > 0).astype(np.float64)
    at = np.zeros(n, np.intp)
    at[moment] = place
    blur = noise / np.maximum(reads, 1) * heard
    products, pairs = np.zeros((places, ears, ears)), np.zeros((places, ears, ears))
    for p in range(places):
        own = at == p
        products[p] = mean[own].T @ mean[own] - np.diag(blur[own].sum(axis=0))
        pairs[p] = heard[own].T @ heard[own]
    common = products.sum(axis=0) / np.maximum(pairs.sum(axis=0), 1.0)
    cov = (products + COMMON_BINS * common) / (pairs + COMMON_BINS)
    return _definite((1.0 - APART) * cov + APART * cov * np.eye(ears))


def _definite(cov: Floats) -> Floats:
    """The nearest covariances without directions of less than the least variance."""
    values, vectors = np.linalg.eigh(cov)
    definite: Floats = (vectors * np.maximum(values, VAR_MIN)[:, None, :]) @ vectors.transpose(0, 2, 1)
    return definite
