"""Time cut into epochs, for the methods that think in them: what was read in each, and then its end."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.accuracy.recording import Read


class Epoch(NamedTuple):
    """One epoch: its number since the first read, its end, and its reads. Epochs without reads come too."""

    number: int
    end_s: float
    reads: list[Read]


def epochs(reads: Sequence[Read], length_s: float) -> Iterator[Epoch]:
    """Cut reads, in time order, into epochs from the first read's instant on."""
    start_s = reads[0].at_s
    number, held = 0, list[Read]()
    for read in reads:
        while read.at_s >= start_s + (number + 1) * length_s:
            yield Epoch(number, start_s + (number + 1) * length_s, held)
            number, held = number + 1, []
        held.append(read)
    yield Epoch(number, start_s + (number + 1) * length_s, held)
