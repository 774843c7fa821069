"""Finds what the database refuses in a batch that it refused: by halves, down to the message, then to its reads."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.engine import Engine
from core.site import Site
from core.store import Store
from ingest.adapters.decoded import Decoded
from ingest.assembly import Assembly
from ingest.batch import Gathered
from ingest.decode import Taken
from ingest.refusals import Refusal
from ingest.stream_clock import StreamClock


async def find_poison(store: Store, site: Site, taken: Sequence[Taken]) -> dict[int, Refusal]:
    """
    Say what of these messages the database refuses, by the marks of the messages.

    Each half is written as if nothing else had come, and rolled back. Nothing is found where the trouble is not in a
    message but in what the site was like before.
    """
    probe = _Probe(store, site, await store.tags(site.id))
    found = {}
    for message, reason in await probe.refused([one for one in taken if one.decoded is not None]):
        reads = [place for place, _ in await probe.refused_reads(message)]
        found[message.mark] = Refusal(f"the database refuses it: {reason}", np.array(reads, np.int64))
    return found


class _Probe:
    """Writes messages and takes it back."""

    def __init__(self, store: Store, site: Site, tags: Sequence[tuple[int, str]]) -> None:
        self._store = store
        self._site = site
        self._tags = tags

    async def refused(self, messages: Sequence[Taken]) -> list[tuple[Taken, str]]:
        """The messages that are refused by themselves, with the database's reason."""
        reason = await self._reason(messages)
        if not reason:
            return []
        if len(messages) == 1:
            return [(messages[0], reason)]
        half = len(messages) // 2
        return [*await self.refused(messages[:half]), *await self.refused(messages[half:])]

    async def refused_reads(self, message: Taken) -> list[tuple[int, str]]:
        """The places of the reads that are refused by themselves; none where it isn't a read that is refused."""
        assert message.decoded is not None
        reads, long_epcs = message.decoded.reads, message.decoded.long_epcs
        singles = [
            replace(message, mark=place, decoded=Decoded(reads=reads.take(np.array([place])), long_epcs=long_epcs))
            for place in range(len(reads))
        ]
        return [(single.mark, reason) for single, reason in await self.refused(singles)]

    async def _reason(self, messages: Sequence[Taken]) -> str:
        if not messages:
            return ""
        batch = Assembly(self._site, StreamClock(None, 0)).batch(Gathered(taken=list(messages)))
        # As reads that are on time, which is what they were.
        batch = replace(batch, reads=replace(batch.reads, arrived_us=batch.reads.seen_us))
        engine = Engine(self._site)
        engine.load_tags(self._tags)
        newest_us = max((message.delivery.arrived_us for message in messages), default=0)
        return await self._store.refuses(engine.step(batch, newest_us))
