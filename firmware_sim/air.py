"""
Inventory rounds: which tag answers which antenna in the next instant.

A tag at rest has links that don't change: they stand in a ring for each reader, which the reader's rounds go through
slot by slot. A tag on the move is worked out afresh each tick; only what moves costs anything.
"""

from typing import Final

import numpy as np

from firmware_sim.arrays import Floats, Indices, Shorts, Singles, Words
from firmware_sim.attitude import attitude_loss_db
from firmware_sim.plan import Plan
from firmware_sim.radio import DEEP_FADE, DRIFT_S, DRIFT_SD_DB, FADING_SD_DB, Antennas, answered, deep_fade
from firmware_sim.reads import Reads, joined
from firmware_sim.ring import Ring
from firmware_sim.shadow import mixed, smooth_in_time
from firmware_sim.tags import Life, TagTable

ANSWERED_MIN: Final = 0.03
"""A link that answers less often than this is not kept."""
ANSWERED_TYPICAL: Final = 0.4
"""Share of the queries that are answered, to begin with."""
LINK_RATE_MAX: Final = 12.0
"""No tag is read more often than this by one antenna, in a second."""
_CHUNK: Final = 20_000
_CALM: Final = 0.05
"""How fast the governor of the read rate adapts."""


class Air:
    """The radio of the whole warehouse."""

    def __init__(self, plan: Plan, tags: TagTable, seed: int, rate: float | None) -> None:
        self.antennas = Antennas(plan, seed)
        self._tags = tags
        self._rng = np.random.default_rng([seed, 2])
        self._seed = np.uint64(seed & 0xFFFF_FFFF)
        self._rate = rate
        paces = sum(reader.rounds_per_s for reader in plan.readers if reader.antennas)
        self._scale = 1.0 if rate is None else rate / (ANSWERED_TYPICAL * paces)
        self._rings = [Ring() for _ in plan.readers]
        self._rounds_per_s = [reader.rounds_per_s for reader in plan.readers]
        self._newcomers_per_s = [reader.newcomers_per_s for reader in plan.readers]
        self._owed = np.zeros(len(plan.readers))

    def settle(self, tags: Indices) -> None:
        """Make the lasting links of tags that have come to rest."""
        for start in range(0, tags.size, _CHUNK):
            self._settle(tags[start : start + _CHUNK])

    def _settle(self, tags: Indices) -> None:
        tags = tags[np.isin(self._tags.life[tags], (Life.HERE,))]
        if not tags.size:
            return
        near, level = self._levels(tags)
        often = answered(level)
        for reader in np.unique(self.antennas.reader[near]):
            mine = np.flatnonzero(self.antennas.reader[near] == reader)
            row, column = np.nonzero(often[:, mine] >= ANSWERED_MIN)
            shuffled = self._rng.permutation(row.size)  # a tag's antennas take their turns apart
            row, column = row[shuffled], column[shuffled]
            antenna = near[mine[column]]
            tag = tags[row]
            self._rings[reader].add(tag, antenna, level[row, mine[column]], self._tags.epoch[tag])

    def _levels(self, tags: Indices) -> tuple[Indices, Singles]:
        table = self._tags
        x, y, z = table.x[tags], table.y[tags], table.z[tags]
        near = self.antennas.near(x, y)
        level = self.antennas.level_dbm((x, y, z), table.zone[tags], near) + table.gain_db[tags][:, np.newaxis]
        way = self.antennas.way((x, y, z), near)
        return near, level - attitude_loss_db(way, table.turn_rad[tags], table.carrier_rad[tags])

    def listen(self, moving: Indices, from_us: int, tick_us: int) -> list[Reads | None]:
        """All reads from an instant on for one tick: for each reader its own, None where there is none."""
        lots: list[list[Reads]] = [[] for _ in self._rings]
        for reader, ring in enumerate(self._rings):
            if ring.size:
                self._round(reader, lots[reader], from_us, tick_us)
        if moving.size:
            self._pass(moving, lots, from_us, tick_us)
        heard = [joined(lot) if lot else None for lot in lots]
        self._govern(sum(reads.size for reads in heard if reads is not None), tick_us)
        return heard

    def _round(self, reader: int, lot: list[Reads], from_us: int, tick_us: int) -> None:
        """Go on through the ring of links by as many slots as fit into the tick."""
        ring = self._rings[reader]
        per_s = min(self._rounds_per_s[reader] * self._scale, ring.size * LINK_RATE_MAX)
        self._owed[reader] += per_s * tick_us / 1e6
        slots = int(self._owed[reader])
        self._owed[reader] -= slots
        if not slots:
            return
        links = ring.next(slots)
        tag, antenna = ring.tag[links], ring.antenna[links]
        at = (np.arange(slots) + self._rng.random(slots)) * (tick_us / slots)
        fresh = ring.epoch[links] == self._tags.epoch[tag]
        ring.stale += int(slots - np.count_nonzero(fresh))
        self._hear(lot, (tag[fresh], antenna[fresh], ring.level_dbm[links][fresh]), at[fresh], from_us)
        if ring.stale * 4 > ring.size:
            ring.sweep(self._tags.epoch)

    def _pass(self, moving: Indices, lots: list[list[Reads]], from_us: int, tick_us: int) -> None:
        """Work out what each antenna hears of the tags on the move."""
        near, level = self._levels(moving)
        readers = self.antennas.reader[near]
        often = answered(level)
        in_field = often >= ANSWERED_MIN
        for reader in np.unique(readers[in_field.any(axis=0)]):
            mine = np.flatnonzero(readers == reader)
            row, column = np.nonzero(in_field[:, mine])
            # Tags at rest keep quiet once read (that is what sessions are for), so newcomers have the air.
            answers = float(often[:, mine][row, column].sum())
            rate = min(self._newcomers_per_s[reader] / answers, LINK_RATE_MAX)
            queries = self._rng.poisson(rate * tick_us / 1e6, row.size)
            row, column = np.repeat(row, queries), np.repeat(column, queries)
            if row.size:
                at = self._rng.random(row.size) * tick_us
                links = (moving[row], near[mine[column]], level[row, mine[column]])
                self._hear(lots[reader], links, at, from_us)

    def _hear(self, lot: list[Reads], links: tuple[Indices, Indices, Singles], at: Floats, from_us: int) -> None:
        """Query these links at these instants after from_us, and keep the answers."""
        tag, antenna, level = links
        seen_us = from_us + at.astype(np.int64)
        words = self._link_words(tag, antenna)
        level = level + DRIFT_SD_DB * smooth_in_time(words, seen_us, DRIFT_S)
        deep = deep_fade(words, seen_us)
        heard = self._rng.random(tag.size) < answered(level) * np.where(deep, DEEP_FADE, 1.0) * self._tags.answers[tag]
        if not heard.any():
            return
        noise = self._rng.normal(0.0, FADING_SD_DB, int(np.count_nonzero(heard)))
        ports: Shorts = self.antennas.port[antenna[heard]]
        lot.append(
            Reads(
                tag=tag[heard],
                port=ports,
                level_dbm=(level[heard] + noise).astype(np.float32),
                seen_us=seen_us[heard],
                count=np.ones(noise.size, np.int32),
            )
        )

    def _link_words(self, tag: Indices, antenna: Indices) -> Words:
        with np.errstate(over="ignore"):
            return mixed(tag.astype(np.uint64) << np.uint64(12) ^ antenna.astype(np.uint64) ^ self._seed)

    def _govern(self, heard: int, tick_us: int) -> None:
        """Bring the total nearer to the rate asked for."""
        if self._rate is None or not heard:
            return
        wanted = self._rate * tick_us / 1e6
        self._scale = float(np.clip(self._scale * (wanted / heard) ** _CALM, 0.02, 10_000.0))
