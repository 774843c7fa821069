"""
What a line does before it is one: while the database is away, what comes is put on disk and acknowledged.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Final, TypeVar

from core.clock import Clock
from core.errors import StoreUnavailable
from core.mqtt import Limits, Session, open_broker
from core.settings import Settings
from ingest.spool import Spool
from ingest.spool_folder import SpoolFolder, Subscriptions
from ingest.spooling import Spooling

log = logging.getLogger(__name__)

T = TypeVar("T")

AGAIN_S: Final = 1.0
"""How often the database is asked, and a broker or a disk that failed."""
CONNECTIONS_MAX: Final = 5
"""A session that has been lost so often while the database was away is another's: each connection ends the other's."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Takes in the messages of sites whose lines can't start."""

    settings: Settings
    folder: SpoolFolder
    clock: Clock

    async def until(self, answers: Callable[[], Awaitable[T]], site_ids: Sequence[str]) -> T:
        """
        Return what the database answers, as soon as it does; meanwhile these sites' messages go to disk.

        Raises StoreUnavailable where nobody has ever listened for one of them here: somebody must look at the settings.
        """
        try:
            return await answers()
        except StoreUnavailable as exc:
            if not any(map(self.folder.subscriptions, site_ids)):
                raise
            log.warning("database away: %s", exc, extra={"action": "store_away"})
        taking = [asyncio.create_task(self._keep_taking(one), name="standin") for one in site_ids]
        try:
            return await _asked_again(answers)
        finally:
            for task in taking:
                task.cancel()
            await asyncio.gather(*taking, return_exceptions=True)

    async def _keep_taking(self, site_id: str) -> None:
        while True:
            try:
                await self._take(site_id)
            except Exception:
                # Nothing is acknowledged that is not on disk: the broker keeps it until the next try.
                log.exception("messages stay with the broker", extra={"action": "standin_failed", "site": site_id})
            await asyncio.sleep(AGAIN_S)

    async def _take(self, site_id: str) -> None:
        """
        Put on disk what comes; nothing where the site was not ours, or another process has its spool.

        Ends where the broker's session is taken from us again and again: another machine has the site by now.
        """
        subscriptions = self.folder.subscriptions(site_id)
        if not subscriptions:
            return
        async with self.folder.held(site_id, 0.0) as ours:
            if not ours:
                return
            with closing(self.folder.open(site_id)) as spool:
                await self._listen(session_of(self.settings, site_id, subscriptions), spool)
        log.warning("another process has the session: it takes the messages", extra={"action": "standin_ended"})
        await self.folder.forget(site_id)

    async def _listen(self, session: Session, spool: Spool) -> None:
        assert self.settings.mqtt_url is not None
        async with open_broker(self.settings.mqtt_url, session, self.clock) as broker, asyncio.TaskGroup() as tasks:
            log.info("what comes waits on disk", extra={"action": "standing_in", "client": session.client_id})
            keeping = tasks.create_task(Spooling(broker.intake, spool, _always).keep(), name="standin.spool")
            failing = tasks.create_task(broker.intake.failed(), name="standin.broker")
            while broker.epoch < CONNECTIONS_MAX:
                if failing.done():
                    raise failing.result()
                await asyncio.sleep(AGAIN_S)
            keeping.cancel()
            failing.cancel()


async def _asked_again(answers: Callable[[], Awaitable[T]]) -> T:
    while True:
        await asyncio.sleep(AGAIN_S)
        with suppress(StoreUnavailable):
            return await answers()


def session_of(settings: Settings, site_id: str, subscriptions: Subscriptions) -> Session:
    """The session with the broker that a site's line has, and who stands in for it: to the broker they are one."""
    return Session(
        client_id=f"tallyport-ingest-{site_id}",
        subscriptions=list(subscriptions),
        limits=Limits(
            in_flight_max=settings.in_flight_max,
            in_flight_bytes_max=settings.in_flight_bytes_max,
            payload_bytes_max=settings.payload_bytes_max,
        ),
        keepalive_s=settings.mqtt_keepalive_s,
        ca_file=settings.mqtt_ca_file,
    )


def _always() -> bool:
    return True
