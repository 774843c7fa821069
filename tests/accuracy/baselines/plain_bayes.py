"""
Bayes' rule epoch by epoch: each read says that the tag is there, each epoch without one that it may have gone.

A tag that is there is read in an epoch with a chance of its own, the share of its epochs that had a read, from its
first read to its newest; one that has gone is never read. It goes with the same chance in each epoch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from core.site import Site
from tallyport.score.presence import PRESENT, Word
from tests.accuracy.baselines.epochs import epochs
from tests.accuracy.decisions import GONE, Watcher
from tests.accuracy.recording import Read

HAZARD: Final = 1 / 2000
"""The chance that a tag goes in an epoch."""


@dataclass(slots=True)
class _Tag:
    reads: int = 0
    epochs: int = 0
    silent: int = 0
    gone: float = 0.0
    told: str = GONE


def plain_bayes(epoch_s: float, hazard: float = HAZARD) -> Watcher:
    """A tag has gone where that is likelier than not."""

    def watch(reads: Sequence[Read], _site: Site) -> Iterator[Word]:
        tags: dict[str, _Tag] = {}
        for epoch in epochs(reads, epoch_s):
            seen = {read.epc for read in epoch.reads}
            for epc in sorted(seen - tags.keys()):
                tags[epc] = _Tag()
            for epc, tag in tags.items():
                _advance(tag, read=epc in seen, hazard=hazard)
                state = GONE if tag.gone > 0.5 else PRESENT
                if state != tag.told:
                    tag.told = state
                    yield Word(epc=epc, at_s=epoch.end_s, state=state)

    return watch


def _advance(tag: _Tag, *, read: bool, hazard: float) -> None:
    if read:
        tag.reads, tag.epochs = tag.reads + 1, tag.epochs + 1 + tag.silent
        tag.silent, tag.gone = 0, 0.0
        return
    tag.silent += 1
    chance = (tag.reads + 1) / (tag.epochs + 2)
    gone = tag.gone + (1.0 - tag.gone) * hazard
    tag.gone = gone / (gone + (1.0 - gone) * (1.0 - chance))
