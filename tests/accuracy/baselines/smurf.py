"""
SMURF (Jeffery, Garofalakis, Franklin, VLDB 2006): a window for each tag that grows until it is complete.

Our readers tell one read a round, so the paper's read rate within the epochs that have reads is always 1. Instead it is
the share of epochs with a read from the first read of a visit to the last: a silence does not lower it while it lasts.
More reads than that rate foretells are then no sign of a departure either, so only too few shrink the window.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log, sqrt
from typing import Final

from core.site import Site
from tallyport.score.presence import PRESENT, Word
from tests.accuracy.baselines.epochs import epochs
from tests.accuracy.decisions import GONE, Watcher
from tests.accuracy.recording import Read

DELTA: Final = 0.05
"""The chance of missing a present tag that the window is made for."""
RATE_MAX: Final = 0.99
"""A rate of 1 would make any missing read a transition."""
VISIT_EPOCHS: Final = 25
"""A silence longer than this was an absence, and says nothing of the rate; a shorter one turned out to be misses."""


@dataclass(slots=True)
class _Tag:
    seen: int = 0
    """One bit an epoch, the newest lowest."""
    window: int = 1
    epochs_read: int = 0
    epochs_total: int = 0
    present: bool = False


def smurf(epoch_s: float, delta: float = DELTA) -> Watcher:
    """Adapt each tag's window epoch by epoch; present while the window holds a read."""

    def watch(reads: Sequence[Read], _site: Site) -> Iterator[Word]:
        tags: dict[str, _Tag] = {}
        for epoch in epochs(reads, epoch_s):
            seen = {read.epc for read in epoch.reads}
            for epc in sorted(seen - tags.keys()):
                tags[epc] = _Tag()
            for epc, tag in tags.items():
                before = tag.present
                _advance(tag, read=epc in seen, delta=delta)
                if tag.present != before:
                    yield Word(epc=epc, at_s=epoch.end_s, state=PRESENT if tag.present else GONE)

    return watch


def _advance(tag: _Tag, *, read: bool, delta: float) -> None:
    tag.seen = (tag.seen << 1 | read) & ((1 << 512) - 1)
    if read:
        missed = _gap(tag.seen)
        tag.epochs_read += 1
        tag.epochs_total += 1 + (missed if missed <= VISIT_EPOCHS else 0)
    held = (tag.seen & ((1 << tag.window) - 1)).bit_count()
    tag.present = held > 0
    if held == 0:
        tag.window = 1
    rate = min(tag.epochs_read / max(tag.epochs_total, 1), RATE_MAX)
    wanted = ceil(log(1.0 / delta) / rate)
    if wanted > tag.window:
        tag.window = max(min(tag.window + 2, wanted), 1)
    elif tag.window * rate - held > 2.0 * sqrt(tag.window * rate * (1.0 - rate)):
        tag.window = max(min(tag.window // 2, wanted), 1)


def _gap(seen: int) -> int:
    """Epochs without a read before the newest one."""
    before = seen >> 1
    return (before & -before).bit_length() - 1 if before else 0
