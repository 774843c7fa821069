"""What each place sounds like: the share of each (antenna, 2 dB level) among the reads of a tag that stood there."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.accuracy.recording import Read, Recording

Floats = NDArray[np.float64]

LOW_DBM: Final = -100.0
BIN_DB: Final = 2.0
BINS: Final = 40
PSEUDO: Final = 0.05
"""Reads that every level is taken to have had."""
NEIGHBOURS: Final = np.array([0.25, 0.5, 0.25])
"""How a level's reads are spread over it and the levels beside it."""

Antenna = tuple[str, int]


def antennas_of(recording: Recording) -> dict[Antenna, int]:
    """(reader, antenna) -> a dense number, in the plan's order."""
    points = [(reader.id, antenna.port) for reader in recording.site.readers for antenna in reader.antennas]
    return {point: number for number, point in enumerate(points)}


def level_bin(dbm: float) -> int:
    """Number the level's bin; what is quieter or louder than all counts to the last one."""
    return min(max(int((dbm - LOW_DBM) // BIN_DB), 0), BINS - 1)


def count_reads(recording: Recording, places: Sequence[int], place_count: int) -> Floats:
    """
    Count reads by place, antenna and level: float64[place_count, A, BINS].

    places  for each row of the truth its place; a read belongs to the row of its tag that holds its instant
    """
    numbers = antennas_of(recording)
    counts = np.zeros((place_count, len(numbers), BINS))
    for read, row in zip(recording.reads, truth_rows(recording), strict=True):
        if row >= 0:
            counts[places[row], numbers[read.reader, read.antenna], level_bin(read.rssi_dbm)] += 1.0
    return counts


def log_chances(counts: Floats) -> Floats:
    """Turn counts [P, A, BINS] into log chances that a read from a place is this antenna's at this level."""
    spread = np.apply_along_axis(np.convolve, 2, counts, NEIGHBOURS, "same") + PSEUDO
    chances: Floats = np.log(spread / spread.sum(axis=(1, 2), keepdims=True))
    return chances


def truth_rows(recording: Recording) -> list[int]:
    """For each read the number of the truth's row that holds it; -1 for none."""
    by_epc: dict[str, list[int]] = {}
    for number, place in enumerate(recording.truth):
        by_epc.setdefault(place.epc, []).append(number)
    for numbers in by_epc.values():
        numbers.sort(key=lambda number: recording.truth[number].from_s)
    return _rows_in_order(recording.reads, recording, by_epc)


def _rows_in_order(reads: Sequence[Read], recording: Recording, by_epc: dict[str, list[int]]) -> list[int]:
    at = dict.fromkeys(by_epc, 0)
    found = []
    for read in reads:
        numbers = by_epc.get(read.epc, [])
        i = at.get(read.epc, 0)
        while i + 1 < len(numbers) and recording.truth[numbers[i + 1]].from_s <= read.at_s:
            i += 1
        at[read.epc] = i
        holds = bool(numbers) and recording.truth[numbers[i]].from_s <= read.at_s <= recording.truth[numbers[i]].to_s
        found.append(numbers[i] if holds else -1)
    return found
