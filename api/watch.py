"""
Every open websocket is watched here: it closes within a second of its token being revoked or running out.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

from core.errors import StoreUnavailable
from core.store import Store
from core.store.tokens import live_tokens

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.5
UNSURE_S_MAX: Final = 30.0
"""While the database is away nobody can say whether a token still holds; after this, sockets close."""
SOCKETS_PER_TOKEN_MAX: Final = 50


class TooManySockets(Exception):
    """One token has as many websockets open as one may."""


class Pass:
    """Leave to keep a websocket open; `ended` is set when it is withdrawn."""

    def __init__(self, token_id: int) -> None:
        self.token_id = token_id
        self.ended = asyncio.Event()


class Watch:
    """Asks the database twice a second which of the tokens in use still hold: one question for all sockets."""

    def __init__(self, store: Store, sockets_per_token_max: int = SOCKETS_PER_TOKEN_MAX) -> None:
        self._store = store
        self._per_token_max = sockets_per_token_max
        self._passes: set[Pass] = set()
        self._of_token: Counter[int] = Counter()

    @property
    def open(self) -> int:
        """How many websockets are open."""
        return len(self._passes)

    @contextmanager
    def admitted(self, token_id: int) -> Iterator[Pass]:
        """Watch a socket for as long as the block; raises TooManySockets."""
        if self._of_token[token_id] >= self._per_token_max:
            raise TooManySockets(token_id)
        admitted = Pass(token_id)
        self._passes.add(admitted)
        self._of_token[token_id] += 1
        try:
            yield admitted
        finally:
            self._passes.discard(admitted)
            self._of_token[token_id] -= 1
            if not self._of_token[token_id]:
                del self._of_token[token_id]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Watch"]:
        """Watch until the block ends."""
        task = asyncio.create_task(self._run(), name="api.watch")
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        sure_at = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self._look()
                sure_at = time.monotonic()
            except StoreUnavailable:
                if time.monotonic() - sure_at > UNSURE_S_MAX:
                    self._end(set())

    async def _look(self) -> None:
        tokens = {each.token_id for each in self._passes}
        if not tokens:
            return
        async with self._store.connection() as conn:
            living = await live_tokens(conn, sorted(tokens))
        self._end(living, tokens)

    def _end(self, living: set[int], asked: set[int] | None = None) -> None:
        """Withdraw the passes of tokens that were asked about and do not live."""
        for each in self._passes:
            if each.token_id not in living and (asked is None or each.token_id in asked):
                each.ended.set()
