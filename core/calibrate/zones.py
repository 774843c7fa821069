"""How each read point hears whole zones, learned from reads of tags whose zone is known."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.calibrate.labelled import LabelledReads
from core.calibrate.levels import middles, variances
from core.engine.hearing import Hearing
from core.engine.places import Places
from core.engine.prior import CHANCE_MIN
from core.engine.records import Floats
from core.model.columns import UNHEARD_DBM

LEVEL_READS: Final = 4.0
"""How many reads what the plan says of a level is worth."""
SPREAD_READS: Final = 20.0
CHANCE_READS: Final = 2.0
"""And what it says of how often an antenna hears a place."""
GAIN_ROUNDS: Final = 4
GAIN_READS: Final = 5.0


def hearing_of_zones(reads: LabelledReads, places: Places, prior: Hearing) -> tuple[Hearing, float]:
    """
    Learn the table, drawn to what the plan says where there are few reads. Also gives the tags' gains' spread in dB.
    """
    shape = prior.dbm.shape
    reads, group = _grouped(reads, places)
    chance = np.log(_shares(group, prior) + CHANCE_MIN)
    heard = reads.rssi_dbm > UNHEARD_DBM
    group, tag, level = group[heard], reads.tag[heard].astype(np.intp), reads.rssi_dbm[heard].astype(np.float64)
    gain, middle = _gains(level, group, tag, prior.dbm.astype(np.float64).ravel())
    off = level - gain[tag] - middle[group]
    spread = np.array([np.median(prior.up_db**2), np.median(prior.down_db**2)])
    up, down = variances(off, group, middle.size, spread, SPREAD_READS)
    table = Hearing(
        dbm=middle.reshape(shape).astype(np.float32),
        up_db=(up**0.5).reshape(shape).astype(np.float32),
        down_db=(down**0.5).reshape(shape).astype(np.float32),
        chance=chance.astype(np.float32),
    )
    return table, float(gain.std())


def _grouped(reads: LabelledReads, places: Places) -> tuple[LabelledReads, npt.NDArray[np.intp]]:
    """The reads of known places, and for each its read point and place as one number."""
    place_of = np.full(int(places.zone.max(initial=0)) + 1, -1)
    place_of[places.zone] = np.arange(len(places))
    known = (reads.zone >= 0) & (reads.zone < place_of.size)
    known[known] = place_of[reads.zone[known]] >= 0
    reads = reads.take(known)
    return reads, reads.read_point.astype(np.intp) * len(places) + place_of[reads.zone]


def _shares(group: npt.NDArray[np.intp], prior: Hearing) -> Floats:
    """Read points' shares of each place's reads, float64[A, P]; a place never visited keeps the plan's."""
    n = np.bincount(group, minlength=prior.dbm.size).reshape(prior.dbm.shape).astype(np.float64)
    told = np.exp(prior.chance.astype(np.float64))
    told /= told.sum(axis=0)
    shares: Floats = (n + CHANCE_READS * told) / (n.sum(axis=0) + CHANCE_READS)
    return shares


def _gains(
    level: Floats, group: npt.NDArray[np.intp], tag: npt.NDArray[np.intp], prior_dbm: Floats
) -> tuple[Floats, Floats]:
    """Tell tags' own loudness from that of places, in turn: gain of each tag, middle of each group."""
    n_tags = int(tag.max(initial=-1)) + 1
    gain, n = np.zeros(n_tags), np.bincount(group, minlength=prior_dbm.size)
    # Draw levels to the plan's after it is moved by what all antennas have in common: its powers are only a guess.
    for _ in range(GAIN_ROUNDS):
        found = middles(level - gain[tag], group, prior_dbm.size)
        shift = ((found - prior_dbm) * n).sum() / max(n.sum(), 1)
        middle = (found * n + (prior_dbm + shift) * LEVEL_READS) / (n + LEVEL_READS)
        if n_tags < 2:  # noqa: PLR2004 - one tag has nobody to be louder than
            return gain, middle
        off = level - middle[group]
        reads = np.bincount(tag, minlength=n_tags)
        gain = np.bincount(tag, off, minlength=n_tags) / (reads + GAIN_READS)
        gain -= gain.mean()
    return gain, middle
