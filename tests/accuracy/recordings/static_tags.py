"""
Tags that lie still until they are taken away: their reads are cut at a random time, and thinned to weaker tags.

Two sources. A crowd of 61 tags at one antenna, drawn from what was measured of a real one: gaps of 1.38 s (median),
p99 2.46 s, p99.9 9.9 s, at most 64 s, over 198 s; three of the 61 are almost never read, make the long gaps, and are
not judged. And the person lying in bed of UCI 427, room S1, as recorded: there the gaps are real.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from math import exp
from typing import Final

from core.site import Antenna, EngineParameters, Site, ZoneKind
from tests.accuracy.data import data_folder, rows
from tests.accuracy.plans import Box, reader, room
from tests.accuracy.recording import Place, Read, Recording, epc_of
from tests.accuracy.recordings.uci import FOLDER, ROOM

EPOCH_S: Final = 1.4
SEED: Final = 1
START_S: Final = 1_500_000_000.0
TAGS: Final = 58
CROWD_S: Final = 198.0
MEDIAN_GAP_S: Final = 1.38
SPREAD: Final = 0.19
"""Of the gaps' logarithm: with the tail below it leaves a read in 0.92 of the epochs."""
TAIL_SHARE, TAIL_FROM_S, TAIL_POWER = 0.0097, 2.46, 3.2
"""Pareto: as many gaps of 5 s and of 8 s as the crowd's 58 tags showed."""
SELDOM: Final = 3
SELDOM_GAP_S, SELDOM_GAP_MAX_S = 40.0, 64.0
LYING: Final = "3"
LYING_S_MIN: Final = 60.0
AFTER_S: Final = 120.0
"""How long the reader goes on after the last read could have come."""
KEEPER: Final = epc_of(0xEE)
"""A tag that never leaves, read each second: it shows that the reader lives, and is not judged."""

Streams = Mapping[str, Sequence[Read]]
"""Each tag's reads, uncut."""


def site() -> Site:
    """One shelf with one antenna, where a tag may be missed as soon as the engine dares."""
    shelf = Box(id="shelf", left=0.0, low=0.0, right=6.0, high=6.0, kind=ZoneKind.STORAGE)
    antenna = Antenna(port=1, x=3.0, y=3.0, z=2.5, zone="shelf")
    return room("shelf", [shelf], [reader("shelf-1", antenna)], EngineParameters(missing_after_s=1.0))


def crowd(seed: int = SEED) -> Streams:
    """Draw the crowd."""
    chance = random.Random(seed)
    streams = {}
    for number in range(TAGS):
        epc = epc_of(number)
        streams[epc] = [Read(START_S + at, "shelf-1", 1, epc, -60.0) for at in _times(chance, _gap_s)]
    return streams


def seldom(seed: int = SEED) -> Streams:
    """Draw the three tags of the crowd that are almost never read."""
    chance = random.Random(seed + 1)
    epcs = [epc_of(0xA00 + number) for number in range(SELDOM)]
    return {epc: [Read(START_S + at, "shelf-1", 1, epc, -72.0) for at in _times(chance, _seldom_gap_s)] for epc in epcs}


def lying() -> Streams:
    """Each time somebody lay in bed for a minute or longer, as a tag of its own, whichever antenna heard it."""
    lines = [row for row in rows(data_folder(FOLDER) / "reads.csv.gz") if row["room"] == ROOM]
    spells = (list(spell) for _, spell in groupby(lines, key=lambda row: (row["trial"], row["label"])))
    streams: dict[str, list[Read]] = defaultdict(list)
    for spell in spells:
        times = sorted(float(row["t"]) for row in spell)
        if spell[0]["label"] == LYING and times[-1] - times[0] >= LYING_S_MIN:
            epc = epc_of(len(streams))
            streams[epc] = [Read(START_S + at - times[0], "shelf-1", 1, epc, -60.0) for at in times]
    return streams


def taken_away(streams: Streams, share: float, beside: Streams, seed: int = SEED) -> Recording:
    """
    Keep a share of the reads, and take each tag away at a random time in the middle half of its stream.

    Tags beside them stay, and are not judged.
    """
    reads, truth = [], []
    chance = random.Random(seed)
    for epc, stream in streams.items():
        first_s, last_s = stream[0].at_s, stream[-1].at_s
        cut_s = first_s + (last_s - first_s) * chance.uniform(0.25, 0.75)
        kept = [read for read in stream if chance.random() < share and read.at_s < cut_s]
        reads += kept
        if kept:
            truth.append(Place(epc, kept[0].at_s, cut_s, "shelf"))
    end_s = max(stream[-1].at_s for stream in streams.values()) + AFTER_S
    keeper = [Read(START_S + second, "shelf-1", 1, KEEPER, -50.0) for second in range(int(end_s - START_S))]
    others = [read for stream in beside.values() for read in stream]
    return Recording(site=site(), reads=sorted([*reads, *others, *keeper]), truth=truth)


def share_for(streams: Streams, rate: float) -> float:
    """Find the share of reads that leaves a tag a read in this part of its epochs; 1 if there are no more."""
    low, high = 0.0, 1.0
    if read_rate(streams, 1.0) <= rate:
        return 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if read_rate(streams, middle) < rate else (low, middle)
    return high


def read_rate(streams: Streams, share: float) -> float:
    """Part of the epochs in which a tag is read, if each read is kept with this chance."""
    hit = total = 0.0
    for stream in streams.values():
        counts: dict[int, int] = defaultdict(int)
        for read in stream:
            counts[int((read.at_s - stream[0].at_s) / EPOCH_S)] += 1
        total += max(counts) + 1
        hit += sum(1.0 - (1.0 - share) ** count for count in counts.values())
    return hit / total


def _times(chance: random.Random, gap_s: Callable[[random.Random], float]) -> Iterator[float]:
    at_s = chance.uniform(0.0, MEDIAN_GAP_S)
    while at_s < CROWD_S:
        yield at_s
        at_s += gap_s(chance)


def _gap_s(chance: random.Random) -> float:
    if chance.random() < TAIL_SHARE:
        return TAIL_FROM_S * float(chance.random() ** (-1.0 / TAIL_POWER))
    return MEDIAN_GAP_S * exp(chance.gauss(0.0, SPREAD))


def _seldom_gap_s(chance: random.Random) -> float:
    return min(chance.expovariate(1.0 / SELDOM_GAP_S), SELDOM_GAP_MAX_S)
