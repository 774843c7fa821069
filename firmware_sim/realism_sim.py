"""
Simulated recordings, measured by the same rules as the real ones.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from firmware_sim.air import Air
from firmware_sim.arrays import Floats, Indices, Ints
from firmware_sim.ladder_doors import door_figures
from firmware_sim.layout import demo_plan
from firmware_sim.measures import READS_MIN, brief_spread, counted, gaps_of, per_tag, spread
from firmware_sim.population import give_gains
from firmware_sim.record_warehouse import Recorder
from firmware_sim.recording import Heard
from firmware_sim.room_radio import CORNERS_M, RoomRadio, RoomTag, some_tag
from firmware_sim.simulation import TICK_US, Config
from firmware_sim.tags import Life, TagTable
from firmware_sim.walks import Box, Pace, roaming, standing

SHELVES: Final = 6
SHELF: Final = 61
SHELF_READER: Final = "aisle-1ab"
SHELF_S: Final = 198.0
SHELF_RATE: Final = 44.0
ROOMS: Final = 6
TRIALS: Final = 40
TRIAL_S: Final = 300.0
WORN_LOSS_DB: Final = 20.0
"""A sensor on a body is that much weaker than a tag in the hand."""
_ROOM: Final = Box(x0=0.0, y0=0.0, x1=4.6, y1=4.6)
WAREHOUSE_S: Final = 120.0
ROUNDS_S: Final = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
READ_WANTED: Final = 0.96
"""A round lasts as long as it takes to read this share, as the real walks did."""


def simulated_figures(seed: int) -> dict[str, float]:
    """Simulate and measure all."""
    doors = {f"door runs: {name}": figure for name, figure in door_figures(range(1, ROOMS + 1), seed).items()}
    return _shelf(seed) | _room(seed) | _worn(seed) | _warehouse(seed) | doors


def _shelf(seed: int) -> dict[str, float]:
    """A shelf of tags under one antenna."""
    plan, rng = demo_plan(), np.random.default_rng([seed, 21])
    reader = next(reader for reader in plan.readers if reader.id == SHELF_READER)
    plan = replace(plan, readers=(replace(reader, antennas=reader.antennas[:1]),))
    gaps: list[Floats] = []
    rates: list[float] = []
    for part in range(SHELVES):
        tags = TagTable(SHELF)
        tags.x[:], tags.y[:] = rng.uniform(4.0, 7.5, SHELF), rng.uniform(23.0, 26.0, SHELF)
        tags.z[:] = rng.uniform(0.2, 2.2, SHELF)
        tags.zone[:] = plan.zone_no("aisle-1a")
        tags.life[:] = Life.HERE
        give_gains(tags, rng)
        air = Air(plan, tags, seed + part, SHELF_RATE)
        air.settle(np.arange(SHELF, dtype=np.int32))
        at_s = [np.sort(at) for at in _listened(air, SHELF, SHELF_S)]
        gaps += [np.diff(at) for at in at_s]
        rates += [at.size / SHELF_S for at in at_s]
    figures = gaps_of("dense shelf", np.concatenate(gaps))
    return figures | {
        "dense shelf: reads/s a tag": float(np.mean(rates)),
        "dense shelf: share almost never read": float(np.mean(np.array(rates) < 0.02)),  # noqa: PLR2004
    }


def _listened(air: Air, tags: int, for_s: float) -> list[Floats]:
    """When each tag was read, seconds."""
    nobody: Indices = np.zeros(0, np.int32)
    lots = [
        lot
        for tick in range(round(for_s * 1e6 / TICK_US))
        for lot in air.listen(nobody, tick * TICK_US, TICK_US)
        if lot is not None
    ]
    tag = np.concatenate([lot.tag for lot in lots])
    at_s = np.concatenate([lot.seen_us for lot in lots]) / 1e6
    return [at_s[tag == one] for one in range(tags)]


def _room(seed: int) -> dict[str, float]:
    """Tags put down at 64 places of a small room: a line through level over log distance, and what is left."""
    rooms = [_fits(room, seed) for room in range(1, ROOMS + 1)]
    start, slope, between, within = np.mean(rooms, axis=(0, 1)).tolist()
    return {
        "room: level at one metre, dBm": start,
        "room: slope, dB a decade": -slope,
        "room: spread from place to place, dB": between,
        "room: spread at a place, dB": within,
    }


def _fits(room: int, seed: int) -> list[tuple[float, float, float, float]]:
    """Level at one metre, slope, spread from place to place and at a place, of each antenna of a room."""
    rng, radio = np.random.default_rng([seed, 22, room]), RoomRadio(room, seed)
    tag = RoomTag(no=0, gain_db=0.0, held_rad=0.0, tilt_rad=np.pi / 2, phase_deg=0.0)  # upright: alike for all
    heard: list[tuple[Floats, Heard]] = []
    for _ in range(64):
        walk = standing(_ROOM, 8.0, rng)
        away = np.hypot(*(np.array(CORNERS_M).T - [[walk.x[0]], [walk.y[0]]]))
        heard.append((away, radio.hear(walk, tag, (0.0, 0.0), rng)))
    return [_fit(port, heard) for port in range(4)]


def _fit(port: int, heard: list[tuple[Floats, Heard]]) -> tuple[float, float, float, float]:
    lots = [(away[port], lot.level_dbm[lot.port == port + 1]) for away, lot in heard]
    lots = [(away, levels) for away, levels in lots if levels.size >= READS_MIN]
    log, mean = np.log10([away for away, _ in lots]), np.array([levels.mean() for _, levels in lots])
    slope, start = np.polyfit(log, mean, 1)
    return float(start), float(slope), float(np.std(mean - start - slope * log)), spread([one for _, one in lots])


def _worn(seed: int) -> dict[str, float]:
    """A weak sensor on somebody who sits, lies and walks about in a room."""
    rng, radio = np.random.default_rng([seed, 23]), RoomRadio(2, seed)
    gaps, rates, spreads = [], [], []
    for trial in range(TRIALS):
        tag = some_tag(trial, rng)
        weak = replace(tag, no=0, gain_db=2.0 * tag.gain_db - WORN_LOSS_DB)  # bodies differ more than hands
        walk = roaming(_ROOM, TRIAL_S, Pace(speed_m_s=0.8, pause_share=0.9, pause_s=40.0), rng)
        heard = radio.hear(walk, weak, (0.0, 0.0), rng)
        at_s = heard.seen_us / 1e6
        spreads += brief_spread(at_s, heard.port, heard.level_dbm)
        gaps.append(np.diff(at_s))
        rates.append(at_s.size / TRIAL_S)
    figures = gaps_of("worn in a room", np.concatenate(gaps)) | per_tag("worn in a room", np.array(rates))
    return figures | {"worn in a room: spread within 5 s, dB": float(np.median(spreads))}


def _warehouse(seed: int) -> dict[str, float]:
    """The standard warehouse while nobody works: rounds as long as the real walks took to read as much."""
    taped = Recorder(Config(seed=seed, scenario="day"), healthy=True)
    taped.warehouse.traffic.rest()
    table, world = taped.warehouse.tags, taped.warehouse.world
    here: Ints = np.flatnonzero(table.life == Life.HERE)
    while world.now_us < WAREHOUSE_S * 1e6:
        taped.tick()
    heard = taped.recording([]).heard
    best = min(
        (_rounds(heard, here, round_s) for round_s in ROUNDS_S),
        key=lambda figures: abs(figures["counts: share read in a round"] - READ_WANTED),
    )
    of_antenna = {
        (no, a.port): taped.warehouse.plan.zone_no(a.zone)
        for no, reader in enumerate(taped.warehouse.plan.readers)
        for a in reader.antennas
    }
    zone = np.array([of_antenna[key] for key in zip(heard.reader.tolist(), heard.port.tolist(), strict=True)])
    elsewhere = float((zone != table.zone[heard.tag]).mean())
    rates = np.bincount(heard.tag, minlength=table.count)[here] / WAREHOUSE_S
    order = np.lexsort((heard.seen_us, heard.tag))
    gaps = np.diff(heard.seen_us[order])[np.diff(heard.tag[order]) == 0] / 1e6
    return (
        best
        | gaps_of("warehouse at rest", gaps)
        | per_tag("warehouse at rest", rates)
        | {"counts: share of reads of what stands elsewhere": elsewhere}
    )


def _rounds(heard: Heard, here: Ints, round_s: float) -> dict[str, float]:
    rounds = int(WAREHOUSE_S // round_s)
    row = np.minimum((heard.seen_us / 1e6 / round_s).astype(np.int64), rounds - 1)
    shape = (rounds, int(max(heard.tag.max(), here.max())) + 1)
    read, loudest = np.zeros(shape), np.full(shape, -200.0)
    np.add.at(read, (row, heard.tag), 1.0)
    np.maximum.at(loudest, (row, heard.tag), heard.level_dbm)
    return counted("counts", read[:, here], loudest[:, here]) | {"counts: length of a round, s": round_s}
