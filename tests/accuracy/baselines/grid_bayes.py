"""Bayes over cells of a metre: each sounds like the surveyed points near it; published is the mean of the belief."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.site import Site
from tallyport.score import Published
from tests.accuracy.baselines.histograms import Floats, antennas_of, count_reads, level_bin, log_chances
from tests.accuracy.baselines.survey import points_of, zone_of
from tests.accuracy.decisions import Learn, Placer
from tests.accuracy.recording import Read, Recording

CELL_M: Final = 1.0
NEAR_M: Final = 2.0
"""Standard deviation of the weight with which a point speaks for a cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """How the filter believes: the power of a read, and cells a second that a tag moves."""

    alpha: float
    cells_per_s: float = 4.0


def grid_bayes(walk: Walk) -> Learn:
    """Learn what each cell sounds like from the survey's points."""

    def learn(training: Recording) -> Placer:
        points, rows = points_of(training)
        cells, shape = _cells(training.site)
        chances = np.exp(log_chances(count_reads(training, rows, len(points))))
        away = np.hypot(cells[:, None, 0] - points[None, :, 0], cells[:, None, 1] - points[None, :, 1])
        weight = np.exp(-0.5 * ((away - away.min(axis=1, keepdims=True)) * (away + NEAR_M) / NEAR_M**2))
        weight /= weight.sum(axis=1, keepdims=True)
        table = np.log(np.einsum("cp,pab->abc", weight, chances))
        return lambda reads, site: _follow(reads, site, _Room(cells, shape, table, antennas_of(training)), walk)

    return learn


@dataclass(frozen=True, slots=True)
class _Room:
    cells: Floats
    shape: tuple[int, int]
    table: Floats
    numbers: dict[tuple[str, int], int]


def _follow(reads: Sequence[Read], site: Site, room: _Room, walk: Walk) -> Iterator[Published]:
    states: dict[str, tuple[float, Floats]] = {}
    for read in reads:
        seen_s, belief = states.get(read.epc, (read.at_s, np.full(room.shape, 1.0 / len(room.cells))))
        row = room.table[room.numbers[read.reader, read.antenna], level_bin(read.rssi_dbm)].reshape(room.shape)
        belief = stepped(belief, read.at_s - seen_s, walk.cells_per_s) * np.exp(walk.alpha * (row - row.max()))
        belief /= belief.sum()
        states[read.epc] = (read.at_s, belief)
        x, y = (belief.ravel() @ room.cells).tolist()
        yield Published(epc=read.epc, at_s=read.at_s, zone=zone_of(site, x, y), x_m=x, y_m=y)


def stepped(belief: Floats, passed_s: float, cells_per_s: float) -> Floats:
    """Let time pass: part of each cell's belief goes to the four beside it; what would leave the room stays."""
    share = 1.0 - np.exp(-cells_per_s * max(passed_s, 0.0))
    edged = np.pad(belief, 1, mode="edge")
    beside = (edged[:-2, 1:-1] + edged[2:, 1:-1] + edged[1:-1, :-2] + edged[1:-1, 2:]) / 4.0
    after: Floats = (1.0 - share) * belief + share * beside
    return after


def _cells(site: Site) -> tuple[Floats, tuple[int, int]]:
    xs = np.arange(CELL_M / 2, site.width_m, CELL_M)
    ys = np.arange(CELL_M / 2, site.height_m, CELL_M)
    x, y = np.meshgrid(xs, ys)
    return np.column_stack((x.ravel(), y.ravel())), (len(ys), len(xs))
