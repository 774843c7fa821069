"""
The radio of one open room with four antennas that all hear every place: a real room's fits, and a body among them.

Level at one metre, slope, spread from place to place and spread at a place are those of a published recording (R420,
15 by 15 ft, 64 places). On top come what no fit of places shows: the carrier's body, the tag's turning, and the gaps.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from firmware_sim.arrays import Bools, Floats, Ints, Shorts, Words
from firmware_sim.recording import Heard
from firmware_sim.shadow import mixed, smooth_field
from firmware_sim.walks import Walk, wander

SIDE_M: Final = 4.6
BEYOND_M: Final = 0.6
"""The antennas hang this far outside the corners of the floor that is walked on."""
_FAR_M: Final = SIDE_M + BEYOND_M
CORNERS_M: Final = ((-BEYOND_M, -BEYOND_M), (_FAR_M, -BEYOND_M), (-BEYOND_M, _FAR_M), (_FAR_M, _FAR_M))
"""Where the four antennas hang, by port, seen from the lower left corner of that floor."""
ANTENNA_Z_M: Final = 1.5
LEVEL_1M_DBM: Final = (-49.4, -57.0, -53.3, -51.0)
"""The second panel of the real room is mismatched, and so is ours."""
SLOPE_DB: Final = (23.8, 17.8, 23.9, 21.9)
SHADOW_SD_DB: Final = (2.8, 3.6, 3.2, 3.2)
SHADOW_CELL_M: Final = 0.4
MOVED_SHARE: Final = 0.25
MOVED_CELL_M: Final = 1.5
"""This part of the shadow's variance is another in each recording, and wider: furniture, people, a panel turned."""
CHANNEL_SD_DB: Final = 1.3
"""What one frequency differs from another at the same place: most of the spread within a place."""
NOISE_SD_DB: Final = 1.6
TAG_GAIN_SD_DB: Final = 3.0
BODY_LOSS_DB: Final = 7.0
"""What the carrier takes from an antenna right behind their back."""
TURN_LOSS_DB: Final = 9.0
"""What a dipole loses that points at the antenna."""
TURN_TAU_S: Final = 8.0
"""How long a hand holds a tag alike."""
TURN_SD_RAD: Final = 0.7
CROSSED_EVERY_S: Final = 25.0
CROSSED_DB: Final = (3.0, 9.0)
"""Somebody crosses the way from a tag at rest to an antenna this often, and takes this much."""
SLOTS_PER_S: Final = 25.0
BURST: Final = 0.12
"""Chance that an antenna reads the tag once more before the next one's turn."""
QUIET_EVERY_S: Final = 9.0
QUIET_MIN_S, QUIET_SHAPE, QUIET_MAX_S = 0.15, 1.1, 40.0
"""Silences: Pareto lengths, far heavier than exponential."""
SENSITIVITY_DBM: Final = -84.0
SENSITIVITY_WIDTH_DB: Final = 2.0
CHANNELS_MHZ: Final = np.round(902.75 + 0.5 * np.arange(50), 2)
HOP_S: Final = 0.2
PHASE_SD_DEG: Final = 6.0
PHASE_DBM: Final = -69.0
"""A phase is this uncertain down to that level; below, ten times as much for 20 dB, to PHASE_WORST_DB."""
PHASE_WORST_DB: Final = 14.0
_LIGHT_M_MHZ: Final = 299.792458
_NEAR_M: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomTag:
    """A tag as the room hears it: its number, its own gain, how it is held, its own phase."""

    no: int
    gain_db: float
    held_rad: float
    tilt_rad: float
    phase_deg: float


def some_tag(no: int, rng: np.random.Generator) -> RoomTag:
    """Make a tag of the usual spread."""
    return RoomTag(
        no=no,
        gain_db=float(rng.normal(0.0, TAG_GAIN_SD_DB)),
        held_rad=float(rng.integers(4) * np.pi / 2),
        tilt_rad=float(rng.normal(0.0, 0.3)),
        phase_deg=float(rng.uniform(0.0, 360.0)),
    )


class RoomRadio:
    """One room: its number seeds the shadows, most of which stay as they are from one recording to the next."""

    def __init__(self, room: int, recording: int) -> None:
        self._room = np.uint64(room & 0xFFFF_FFFF)
        self._recording = np.uint64(recording & 0xFFFF_FFFF)

    def hear(
        self,
        walk: Walk,
        tag: RoomTag,
        origin: tuple[float, float],
        rng: np.random.Generator,
        slots_per_s: float = SLOTS_PER_S,
    ) -> Heard:
        """What the four antennas hear of a tag on its way. The walk is in the site's metres, the room at origin."""
        t_s, port = _turns(float(walk.t_s[-1]), slots_per_s, rng)
        channel = _hops(t_s, rng)
        x, y, z, heading = walk.at(t_s)
        x, y = x - origin[0], y - origin[1]
        away = _away(x, y, z, port)
        level = self._place_dbm(x, y, port, channel, away[3]) + tag.gain_db
        level -= _turned_db(_held(walk, tag, t_s, heading, rng), away)
        if walk.carried:
            level -= _body_db(heading, away)
        else:
            level -= _crossed_db(t_s, port, rng)
        level += rng.normal(0.0, NOISE_SD_DB, t_s.size)
        answers = rng.random(t_s.size) < 1.0 / (1.0 + np.exp(-(level - SENSITIVITY_DBM) / SENSITIVITY_WIDTH_DB))
        told = answers & ~_quiet(t_s, rng)
        return Heard(
            seen_us=np.round(t_s[told] * 1e6).astype(np.int64),
            reader=np.zeros(int(told.sum()), np.int16),
            port=port[told] + np.int16(1),
            tag=np.full(int(told.sum()), tag.no, np.int32),
            level_dbm=np.round(level[told]),
            phase_deg=self._phase_deg(away[3], port, channel, tag, _phase_noise(level, rng))[told],
            channel_mhz=CHANNELS_MHZ[channel[told]],
        )

    def _place_dbm(self, x: Floats, y: Floats, port: Shorts, channel: Ints, distance: Floats) -> Floats:
        """Mean level of a place at a frequency: distance, shadow, and what the frequency makes of the echoes."""
        level = np.array(LEVEL_1M_DBM)[port] - np.array(SLOPE_DB)[port] * np.log10(np.maximum(distance, _NEAR_M))
        level += np.array(SHADOW_SD_DB)[port] * self._shadow(x, y, port)
        echoes = self._fields(port + 4 * (channel + 1))
        placed: Floats = level + CHANNEL_SD_DB * smooth_field(x, y, echoes, SHADOW_CELL_M)
        return placed

    def _shadow(self, x: Floats, y: Floats, port: Shorts) -> Floats:
        """The room's shadow, and what has been moved about in it since the last recording."""
        lasting = smooth_field(x, y, self._fields(port), SHADOW_CELL_M)
        moved = smooth_field(x, y, mixed(self._fields(port + 16_384) + self._recording), MOVED_CELL_M)
        shadow: Floats = np.sqrt(1.0 - MOVED_SHARE) * lasting + np.sqrt(MOVED_SHARE) * moved
        return shadow

    def _fields(self, numbers: Ints | Shorts) -> Words:
        with np.errstate(over="ignore"):
            return mixed(numbers.astype(np.uint64) + (self._room << np.uint64(16)))

    def _phase_deg(self, distance: Floats, port: Shorts, channel: Ints, tag: RoomTag, noise: Floats) -> Floats:
        """Twice the way in wavelengths, cable and tag, and the noise."""
        cable = (self._fields(port + 4 * channel + 4096) >> np.uint64(40)).astype(np.float64) / float(1 << 24)
        turns = 2.0 * distance * CHANNELS_MHZ[channel] / _LIGHT_M_MHZ + cable
        phase: Floats = (360.0 * turns + tag.phase_deg + noise) % 360.0
        return np.where(phase >= 359.95, 0.0, phase)  # noqa: PLR2004 - would be written as 360.0


def _away(x: Floats, y: Floats, z: Floats, port: Shorts) -> tuple[Floats, Floats, Floats, Floats]:
    """From the tag to its antenna: dx, dy, dz as parts of one, and the distance in metres."""
    corner = np.array(CORNERS_M)[port]
    dx, dy, dz = corner[:, 0] - x, corner[:, 1] - y, ANTENNA_Z_M - z
    distance = np.sqrt(dx * dx + dy * dy + dz * dz) + 1e-9
    return dx / distance, dy / distance, dz / distance, distance


def _turns(for_s: float, slots_per_s: float, rng: np.random.Generator) -> tuple[Floats, Shorts]:
    """When the tag is asked, and by which antenna: they take turns, now and then one asks again."""
    count = int(for_s * slots_per_s * 1.3) + 16
    t_s = np.cumsum(rng.gamma(6.0, 1.0 / (6.0 * slots_per_s), count))
    again = rng.random(count) < BURST
    port = np.cumsum(~again) % 4
    within = t_s < for_s
    return t_s[within], port[within].astype(np.int16)


def _hops(t_s: Floats, rng: np.random.Generator) -> Ints:
    hop = (t_s / HOP_S).astype(np.int64)
    order = rng.permutation(CHANNELS_MHZ.size)
    channel: Ints = order[hop % CHANNELS_MHZ.size]
    return channel


def _phase_noise(level: Floats, rng: np.random.Generator) -> Floats:
    """A faint answer's phase is uncertain; and every other time it is half a turn too many."""
    sd = PHASE_SD_DEG * 10.0 ** (np.clip(PHASE_DBM - level, 0.0, PHASE_WORST_DB) / 20.0)
    half = 180.0 * rng.integers(0, 2, level.size)
    noise: Floats = half + sd * rng.normal(0.0, 1.0, level.size)
    return noise


def _held(walk: Walk, tag: RoomTag, t_s: Floats, heading: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Which way the tag's dipole points: its bearing, and its tilt above the floor; a hand turns it slowly."""
    held, tilt = tag.held_rad + heading, np.full(t_s.size, tag.tilt_rad)
    if walk.carried:
        held = held + TURN_SD_RAD * np.interp(t_s, walk.t_s, wander(walk.t_s.size, TURN_TAU_S, rng))
        tilt = tilt + TURN_SD_RAD / 2.0 * np.interp(t_s, walk.t_s, wander(walk.t_s.size, TURN_TAU_S, rng))
    return held, tilt


def _turned_db(pointing: tuple[Floats, Floats], away: tuple[Floats, ...]) -> Floats:
    """What the tag loses by the way it points: a dipole, both ways."""
    held, tilt = pointing
    along = np.cos(tilt) * (np.cos(held) * away[0] + np.sin(held) * away[1]) + np.sin(tilt) * away[2]
    lost: Floats = TURN_LOSS_DB * along * along
    return lost


def _body_db(heading: Floats, away: tuple[Floats, ...]) -> Floats:
    behind = np.maximum(-(np.cos(heading) * away[0] + np.sin(heading) * away[1]), 0.0)
    lost: Floats = BODY_LOSS_DB * behind
    return lost


def _crossed_db(t_s: Floats, port: Shorts, rng: np.random.Generator) -> Floats:
    """What people take from a tag at rest as they cross the way to an antenna."""
    lost = np.zeros(t_s.size)
    for one in range(len(CORNERS_M)):
        for at in rng.uniform(0.0, t_s[-1], rng.poisson(t_s[-1] / CROSSED_EVERY_S)).tolist():
            dip = rng.uniform(*CROSSED_DB) * np.exp(-(((t_s - at) / 0.5) ** 2))
            lost += np.where(port == one, dip, 0.0)
    return lost


def _quiet(t_s: Floats, rng: np.random.Generator) -> Bools:
    """Which instants fall into a silence."""
    quiet = np.zeros(t_s.size, np.bool_)
    at = float(rng.exponential(QUIET_EVERY_S))
    while t_s.size and at < t_s[-1]:
        length = min(QUIET_MIN_S * float(rng.random()) ** (-1.0 / QUIET_SHAPE), QUIET_MAX_S)
        quiet[np.searchsorted(t_s, at) : np.searchsorted(t_s, at + length)] = True
        at += length + float(rng.exponential(QUIET_EVERY_S))
    return quiet
