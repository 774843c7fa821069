"""What the database refuses for good is left out from now on: a whole message, or single reads of one."""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ingest.decode import Taken, dead_letter


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    Why, and which of a message's reads; all of the message where none is named.

    reads  int64[n]  their places among the reads that its adapter made of it
    """

    reason: str
    reads: npt.NDArray[np.int64]


@dataclass(slots=True)
class Refusals:
    """The refusals of one site by the mark of their message, kept while the line starts over."""

    _by_mark: dict[int, Refusal] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many messages they are about."""
        return len(self._by_mark)

    def note(self, mark: int, refusal: Refusal) -> None:
        """Leave this out when the message comes again."""
        self._by_mark[mark] = refusal

    def apply(self, taken: Taken) -> Taken:
        """Return a message without what is refused of it: fewer reads, which it says, or a dead letter."""
        refusal = self._by_mark.get(taken.mark) if self._by_mark else None
        if refusal is None or taken.reader is None or taken.decoded is None:
            return taken
        if not refusal.reads.size:
            letter = dead_letter(taken.delivery, taken.reader.id, refusal.reason)
            return Taken(taken.delivery, taken.mark, reader=taken.reader, dead=letter)
        decoded = taken.decoded
        told = [f"read {place + 1}: {refusal.reason}" for place in refusal.reads.tolist()]
        kept = replace(
            decoded,
            reads=decoded.reads.take(np.setdiff1d(np.arange(len(decoded.reads)), refusal.reads)),
            quarantined=[*decoded.quarantined, *told],
            refused={**decoded.refused, refusal.reason: refusal.reads.size},
        )
        return replace(taken, decoded=kept)
