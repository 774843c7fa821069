"""
Real recordings, measured: the public data sets lie in a folder of their own, and some figures are published ones.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from firmware_sim.arrays import Floats
from firmware_sim.ladder_doors import PUBLISHED as DOOR_RUNS
from firmware_sim.measures import brief_spread, counted, gaps_of, per_tag

Figures = Mapping[str, float]
WORN: Final = "uhf_batteryless_uci427/reads.csv.gz"
COUNTS: Final = "uhf_detego_store/case_study_read_events.csv"
PANELS: Final = "uhf_detego_store/panels_epc_mapping.csv"
PUBLISHED: Final[Figures] = {
    "dense shelf: gap p50, s": 1.38,
    "dense shelf: gap p99, s": 2.46,
    "dense shelf: gap p99.9, s": 9.9,
    "dense shelf: longest gap, s": 64.0,
    "dense shelf: reads/s a tag": 44 / 61,
    "dense shelf: share almost never read": 3 / 61,
    "room: spread at a place, dB": 2.1,
    "room: spread from place to place, dB": 3.2,
    "room: level at one metre, dBm": -52.7,
    "room: slope, dB a decade": 21.9,
    **{f"door runs: {name}": figure for name, figure in DOOR_RUNS.items()},
}
"""Of sets that are published but not in the folder: tags under one antenna, a room of 64 places, runs at a door."""


def real_figures(folder: Path) -> tuple[dict[str, float], list[str]]:
    """Measure what is there. Gives the figures, and the names of the files that are missing."""
    figures, missing = dict(PUBLISHED), []
    for names, measure in (((WORN,), _worn), ((COUNTS, PANELS), _counts)):
        absent = [name for name in names if not (folder / name).is_file()]
        missing += absent
        if not absent:
            figures |= measure(folder)
    return figures, missing


def _worn(folder: Path) -> dict[str, float]:
    """A battery-less sensor on people's clothes, in a room with four antennas."""
    trials: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    with gzip.open(folder / WORN, "rt", newline="") as file:
        for row in csv.DictReader(file):
            if row["room"] == "S1":
                trials[row["trial"]].append((float(row["t"]), float(row["antenna"]), float(row["rssi"])))
    columns = [np.array(sorted(rows)).T for rows in trials.values()]
    rates = [at_s.size / max(float(at_s[-1] - at_s[0]), 1.0) for at_s, _, _ in columns]
    figures = gaps_of("worn in a room", np.concatenate([np.diff(at_s) for at_s, _, _ in columns]))
    figures |= per_tag("worn in a room", np.array(rates))
    spreads = [sd for at_s, antenna, level in columns for sd in brief_spread(at_s, antenna.astype(np.int16), level)]
    return figures | {"worn in a room: spread within 5 s, dB": float(np.median(spreads))}


def _counts(folder: Path) -> dict[str, float]:
    """Nine walks past panels of tags that stay where they are."""
    with (folder / PANELS).open(newline="") as file:
        tags = {row["epc"]: no for no, row in enumerate(csv.DictReader(file))}
    read: Floats = np.zeros((9, len(tags)))
    loudest: Floats = np.full((9, len(tags)), -200.0)
    strays = reads = 0
    with (folder / COUNTS).open(newline="") as file:
        for row in csv.DictReader(file):
            reads += 1
            no, walk = tags.get(row["epc"], -1), int(row["experiment_nr"]) - 1
            strays += no < 0
            if no >= 0:
                read[walk, no] += 1
                loudest[walk, no] = max(loudest[walk, no], float(row["rssi"]))
    figures = counted("counts", read, loudest)
    return figures | {"counts: share of reads of what stands elsewhere": strays / reads}
