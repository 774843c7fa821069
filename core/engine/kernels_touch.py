"""What memory allows: the least that any engine does with a tag's rows, for the benchmarks to be held against."""

from typing import Final

from core.engine.kernels_jit import njit
from core.engine.records import Ints

LINE: Final = 8
"""Words of 8 bytes that memory brings at once."""


@njit
def touch(at: Ints, rows: Ints) -> None:
    """
    Read and write one word of each part of some rows that memory brings at once, in the order given.

    at    int64[n]     which rows; one may come often
    rows  int64[S, W]  in and out
    """
    for i in range(at.size):
        for word in range(0, rows.shape[1], LINE):
            rows[at[i], word] += 1
