"""
The folder where messages wait on disk, and what a process must know to take them in while the database is away.
"""

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Final

import msgspec

from core.settings import Settings
from ingest.spool import Spool, open_spool

LOOK_S: Final = 0.1
_TOPICS: Final = ".topics.json"
_DECODER: Final = msgspec.json.Decoder(list[tuple[str, int]])

Subscriptions = Sequence[tuple[str, int]]
"""Topic filters with their QoS."""


class SpoolFolder:
    """The spools of the sites that this machine writes, and which topics each of them listened to last."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.spool_dir or settings.data_dir / "spool"
        self._bytes_max = settings.spool_bytes_max

    def open(self, site_id: str) -> Spool:
        """Open a site's spool. Raises SpoolBroken."""
        return open_spool(self._path / f"{site_id}.sqlite", self._bytes_max)

    @asynccontextmanager
    async def held(self, site_id: str, patience_s: float) -> AsyncIterator[bool]:
        """
        Be the only process that holds a site's spool until the block ends; whether we are, after so long at most.

        A frozen process holds it for ever: the database's word on who writes the site counts for more.
        """
        self._path.mkdir(parents=True, exist_ok=True)
        until_s = time.monotonic() + patience_s
        with (self._path / f"{site_id}.lock").open("w") as file:
            ours = _locked(file)
            while not ours and time.monotonic() < until_s:
                await asyncio.sleep(LOOK_S)
                ours = _locked(file)
            yield ours

    def remember(self, site_id: str, subscriptions: Subscriptions) -> None:
        """Note what the site's line listens to, for the time when there is no database to ask."""
        path = self._topics(site_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(list(subscriptions)))
        fresh.replace(path)

    async def forget(self, site_id: str) -> None:
        """Note that a process elsewhere writes the site: what came to our disk would wait there for long."""
        async with self.held(site_id, 0.0) as ours:
            if ours:
                self._topics(site_id).unlink(missing_ok=True)

    def subscriptions(self, site_id: str) -> Subscriptions:
        """What the site's line listened to last; nothing where it was not ours."""
        with suppress(OSError, msgspec.DecodeError):
            return _DECODER.decode(self._topics(site_id).read_bytes())
        return ()

    def sites(self) -> list[str]:
        """The sites whose lines were ours last."""
        return sorted(path.name.removesuffix(_TOPICS) for path in self._path.glob(f"*{_TOPICS}"))

    def _topics(self, site_id: str) -> Path:
        return self._path / f"{site_id}{_TOPICS}"


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
