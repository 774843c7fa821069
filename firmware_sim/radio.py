"""
How strongly an antenna hears a tag, and how likely it is to hear it at all.

The constants are those of published fits on real UHF recordings: -49 to -57 dBm at one metre, 22 dB a decade,
3.2 dB from place to place, 2.1 dB from read to read; tags differ by about 3.5 dB.
"""

from typing import Final

import numpy as np

from firmware_sim.arrays import Bools, Indices, Ints, Shorts, Singles, Words
from firmware_sim.plan import Plan
from firmware_sim.shadow import mixed, normal_of, smooth_field

LEVEL_1M_DBM: Final = -51.0
LEVEL_1M_SD_DB: Final = 1.6
LEVEL_1M_MIN_DBM, LEVEL_1M_MAX_DBM = -57.0, -49.0
SLOPE_DB: Final = 22.0
"""Loss for each tenfold of distance."""
SHADOW_SD_DB: Final = 3.2
SHADOW_CELL_M: Final = 0.4
SHADOW_WIDE_M: Final = 3.0
WIDE_SHARE: Final = 0.4
"""This part of the shadow's variance is of what stands about, not of the step one takes."""
TAG_GAIN_SD_DB: Final = 3.0
FADING_SD_DB: Final = 1.7
DRIFT_SD_DB: Final = 1.2
DRIFT_S: Final = 40.0
"""Read to read a level scatters; and over so many seconds it drifts, for others move about."""
SENSITIVITY_DBM: Final = -73.0
"""Where every other query of a tag goes unanswered."""
SENSITIVITY_WIDTH_DB: Final = 1.6
ANSWERED_MAX: Final = 0.97
RACK_LOSS_DB: Final = 5.0
"""What the goods between two zones take away."""
BACK_LOSS_DB: Final = 9.0
"""What an antenna loses behind its back."""
REACH_M: Final = 20.0
_NEAR_M: Final = 0.5
DEEP_FADE: Final = 0.03
"""Share of the answers left in a deep fade."""
DEEP_FADES: Final = ((2, 0.06), (8, 0.02), (32, 0.006))
"""(how long it lasts in seconds, how often): gaps' tails are far heavier than exponential."""


def answered(level_dbm: Singles) -> Singles:
    """How often a tag heard this strongly on average answers a query."""
    odds = np.exp(-(level_dbm - SENSITIVITY_DBM) / SENSITIVITY_WIDTH_DB)
    often: Singles = (ANSWERED_MAX / (1.0 + odds)).astype(np.float32)
    return often


class Antennas:
    """All antennas of the plan as columns, and the link budget from any tag to any of them."""

    def __init__(self, plan: Plan, seed: int) -> None:
        rows = [(r, antenna) for r, reader in enumerate(plan.readers) for antenna in reader.antennas]
        self.reader = np.array([r for r, _ in rows], np.int32)
        self.port = np.array([a.port for _, a in rows], np.int16)
        self.x = np.array([a.x for _, a in rows], np.float32)
        self.y = np.array([a.y for _, a in rows], np.float32)
        self.z = np.array([a.z for _, a in rows], np.float32)
        self.zone = np.array([plan.zone_no(a.zone) for _, a in rows], np.int16)
        self.facing = np.deg2rad(np.array([np.nan if a.facing_deg is None else a.facing_deg for _, a in rows]))
        self.count = len(rows)
        self._seed = np.uint64(seed & 0xFFFF_FFFF)
        spread = normal_of(mixed(np.arange(self.count, dtype=np.uint64) + (self._seed << np.uint64(16))))
        level = np.clip(LEVEL_1M_DBM + LEVEL_1M_SD_DB * spread, LEVEL_1M_MIN_DBM, LEVEL_1M_MAX_DBM)
        self.level_1m_dbm = (level - np.array([a.back_off_db for _, a in rows])).astype(np.float32)
        self._walls = plan.walls
        self._storage = np.isin(np.arange(len(plan.zones)), plan.zones_of("storage"))

    def near(self, x: Singles, y: Singles) -> Indices:
        """Antennas that could hear anything inside the box around these points."""
        dx = np.maximum(np.maximum(x.min() - self.x, self.x - x.max()), 0.0)
        dy = np.maximum(np.maximum(y.min() - self.y, self.y - y.max()), 0.0)
        return np.flatnonzero(np.hypot(dx, dy) < REACH_M).astype(np.int32)

    def level_dbm(self, place: tuple[Singles, Singles, Singles], zone: Shorts, antennas: Indices) -> Singles:
        """Mean level, without the tag's own gain, of tags at these places: an array [tag, antenna]."""
        x, y, _ = (axis[:, np.newaxis] for axis in place)
        dx, dy, dz = self.way(place, antennas)
        distance = np.sqrt(dx * dx + dy * dy + dz * dz)
        level = self.level_1m_dbm[antennas] - SLOPE_DB * np.log10(np.maximum(distance, _NEAR_M))
        level += SHADOW_SD_DB * self._shadow(x, y, antennas)
        level -= RACK_LOSS_DB * self._behind_goods(zone, antennas)
        level -= BACK_LOSS_DB * self._behind_back(-dx, -dy, antennas)
        level -= self._walls_between(x, y, antennas)
        levels: Singles = level.astype(np.float32)
        return levels

    def way(self, place: tuple[Singles, Singles, Singles], antennas: Indices) -> tuple[Singles, Singles, Singles]:
        """From tags at these places to antennas: dx, dy, dz in metres, each an array [tag, antenna]."""
        x, y, z = (axis[:, np.newaxis] for axis in place)
        return self.x[antennas] - x, self.y[antennas] - y, self.z[antennas] - z

    def _shadow(self, x: Singles, y: Singles, antennas: Indices) -> Singles:
        """Standard normal deviates: part of it changes with a step, part with what stands about."""
        fields = mixed(antennas.astype(np.uint64) + (self._seed << np.uint64(20)))
        near = smooth_field(x, y, fields, SHADOW_CELL_M)
        wide = smooth_field(x, y, mixed(fields), SHADOW_WIDE_M)
        shadow: Singles = np.sqrt(1.0 - WIDE_SHARE) * near + np.sqrt(WIDE_SHARE) * wide
        return shadow

    def _behind_goods(self, zone: Shorts, antennas: Indices) -> Bools:
        there = self.zone[antennas]
        racks = self._storage[there] | (self._storage[np.maximum(zone, 0)] & (zone >= 0))[:, np.newaxis]
        other: Bools = racks & (zone[:, np.newaxis] != there)
        return other

    def _behind_back(self, dx: Singles, dy: Singles, antennas: Indices) -> Bools:
        facing = self.facing[antennas]
        behind: Bools = dx * np.cos(facing) + dy * np.sin(facing) < 0.0  # NaN, hence false, for those facing down
        return behind

    def _walls_between(self, x: Singles, y: Singles, antennas: Indices) -> Singles:
        """Sum what the walls take that lie between; each wall is along x or along y."""
        ax, ay = self.x[antennas], self.y[antennas]
        loss = np.zeros((x.shape[0], antennas.size), np.float32)
        for wall in self._walls:
            flat = wall.y0 == wall.y1
            (u, v, au, av) = (x, y, ax, ay) if flat else (y, x, ay, ax)
            at, low, high = (wall.y0, wall.x0, wall.x1) if flat else (wall.x0, wall.y0, wall.y1)
            crosses = (v - at) * (av - at) < 0.0
            if not crosses.any():
                continue
            part = np.where(crosses, (at - v) / np.where(crosses, av - v, 1.0), 0.0)
            where = u + part * (au - u)
            loss += wall.loss_db * (crosses & (where >= low) & (where <= high))
        return loss


def deep_fade(links: Words, seen_us: Ints) -> Bools:
    """Which of these links lie in a deep fade at these instants."""
    deep = np.zeros(links.size, np.bool_)
    for length_s, often in DEEP_FADES:
        spell = (seen_us // (length_s * 1_000_000)).astype(np.uint64)
        with np.errstate(over="ignore"):
            words = mixed(links ^ (spell * np.uint64(0x9E3779B1)) ^ np.uint64(length_s << 56))
        deep |= (words >> np.uint64(32)) < np.uint64(int(often * (1 << 32)))
    return deep
