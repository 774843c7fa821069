"""
What many ask for at once is asked for once: after a restart a thousand browsers come back within a second or two.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class Together(Generic[Key, Answer]):
    """Finds an answer once for all who ask while it is being found; a failure is all of theirs, and forgotten."""

    def __init__(self, find: Callable[[Key], Awaitable[Answer]]) -> None:
        self._find = find
        self._asked: dict[Key, asyncio.Future[Answer]] = {}

    async def ask(self, key: Key) -> Answer:
        """Return the answer; whoever is cancelled while waiting takes it from nobody else."""
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = asyncio.ensure_future(self._find(key))
            asked.add_done_callback(lambda _: self._asked.pop(key, None))
        return await asyncio.shield(asked)
