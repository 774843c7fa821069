"""
The ingest service: one line a site, each with its own broker session, rebuilt from the database whenever it must be.
"""

import asyncio
import contextlib
import gc
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, closing
from functools import cache, partial

from prometheus_client import start_http_server

from core.clock import Clock, now_us
from core.counters import count, set_gauge
from core.engine import Engine
from core.errors import BrokerRefused, SchemaMismatch, StoreUnavailable, TallyportError
from core.mqtt import Broker, open_broker, pause_s
from core.settings import Settings
from core.store import Retention, SiteTaken, Store, UnknownSite, open_store
from core.wire import scan
from ingest.adapters import ADAPTERS
from ingest.batch import BatchLimits
from ingest.decode import Decoder
from ingest.line import Line, LineLimits
from ingest.recover import recover
from ingest.redelivery import Redeliveries
from ingest.refusals import Refusals
from ingest.registry import Registry
from ingest.spool import Spool
from ingest.spool_folder import SpoolFolder
from ingest.standin import StandIn, session_of
from ingest.taught import take_over_newest

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
"""How often shipments and pending readers cross between the line and the database."""
STANDBY_EVERY_S = 1.0
"""How often a line that stands by asks whether the site's writer has gone."""
HELD_S = 3.0
"""How long to wait for a process of this machine that still holds a site's spool: it may be frozen."""
PLAN_EVERY_S = 3.0
"""How often the site's plan is compared with the database's, and new sites are looked for."""
OBJECTS_BETWEEN_ROUNDS = 100_000
"""So many new objects, and the garbage collector looks for rings among them."""


class _PlanChanged(Exception):
    """The site's plan in the database is not the one that the line runs on."""


async def run_ingest(
    settings: Settings,
    site_ids: Sequence[str] | None = None,
    clock: Clock = now_us,
    ready: asyncio.Event | None = None,
) -> None:
    """Run the lines of these sites, or of all, until cancelled. `ready` is set once each line has come up."""
    if settings.database_url is None or settings.mqtt_url is None:
        raise TallyportError("set TALLYPORT_DATABASE_URL and TALLYPORT_MQTT_URL, or use `tallyport up`")
    async with AsyncExitStack() as stack:
        if settings.ingest_metrics_port:
            server, _ = start_http_server(settings.ingest_metrics_port, addr="127.0.0.1")
            stack.callback(server.shutdown)
        chosen = tuple(site_ids or settings.sites)
        stand_in = StandIn(settings, SpoolFolder(settings), clock)
        opened = partial(open_store, settings.database_url, role="ingest")
        store = await stand_in.until(lambda: stack.enter_async_context(opened()), chosen or stand_in.folder.sites())
        await _Service(settings, store, stand_in, ready).run(chosen)


class _Service:
    """The lines of one process."""

    def __init__(self, settings: Settings, store: Store, stand_in: StandIn, ready: asyncio.Event | None) -> None:
        self._settings = settings
        self._store = store
        self._stand_in = stand_in
        self._clock = stand_in.clock
        self._folder = stand_in.folder
        self._ready = ready
        self._coming_up: set[str] = set()
        self._standing_by: set[str] = set()
        self._refusals: defaultdict[str, Refusals] = defaultdict(Refusals)
        self._rng = random.Random()  # noqa: S311 - jitter, no secret

    async def run(self, site_ids: tuple[str, ...]) -> None:
        """Start a line a site; without a list, also for sites that appear later."""
        running: set[str] = set()
        async with asyncio.TaskGroup() as tasks:
            while True:
                known = site_ids or await self._sites()
                for site_id in [site_id for site_id in known if site_id not in running]:
                    running.add(site_id)
                    self._coming_up.add(site_id)
                    tasks.create_task(self._keep_line(site_id), name=f"ingest.{site_id}")
                if site_ids:
                    return
                if not running:
                    log.info("no site yet: import one with `tallyport site import FILE`", extra={"action": "no_site"})
                await asyncio.sleep(PLAN_EVERY_S)

    async def _sites(self) -> Sequence[str]:
        """All sites; none while the database is away, for those that run go on."""
        try:
            return await self._store.sites()
        except StoreUnavailable:
            return ()

    async def _keep_line(self, site_id: str) -> None:
        """Run a site's line, and rebuild it from the database when its plan changes or something breaks."""
        attempt = 0
        while True:
            refused = len(self._refusals[site_id])
            try:
                await self._run_line(site_id)
            except Exception as exc:
                causes = _causes(exc)
                if any(isinstance(cause, BrokerRefused | SchemaMismatch | UnknownSite) for cause in causes):
                    raise
                if any(isinstance(cause, SiteTaken) for cause in causes):
                    await self._stand_by(site_id)
                    continue
                if all(isinstance(cause, _PlanChanged) for cause in causes):
                    log.info("plan changed, line restarts", extra={"action": "plan_changed", "site": site_id})
                    attempt = 0
                    continue
                if len(self._refusals[site_id]) > refused:
                    log.warning("the database refuses some reads: left out from now on", extra={"action": "refused"})
                    continue
                if any(isinstance(cause, StoreUnavailable) for cause in causes):
                    await self._stand_in_for(site_id)
                    continue
                # Nothing was acknowledged that is not stored, so starting over loses nothing.
                log.exception("line failed, starts over", extra={"action": "line_failed", "site": site_id})
            count("ingest.line_restarts")
            await asyncio.sleep(pause_s(attempt, self._rng))
            attempt += 1

    async def _stand_in_for(self, site_id: str) -> None:
        """Wait until the database answers; what comes meanwhile goes to disk."""
        count("ingest.line_restarts")
        await asyncio.sleep(pause_s(0, self._rng))
        with contextlib.suppress(StoreUnavailable):
            await self._stand_in.until(partial(self._store.site_version, site_id), [site_id])

    async def _stand_by(self, site_id: str) -> None:
        """Wait a moment while another process writes the site; said once."""
        await self._folder.forget(site_id)
        if site_id not in self._standing_by:
            log.info("another process writes this site: standing by", extra={"action": "standby", "site": site_id})
        self._standing_by.add(site_id)
        set_gauge("ingest.standing_by", len(self._standing_by))
        await asyncio.sleep(STANDBY_EVERY_S)

    async def _run_line(self, site_id: str) -> None:
        await self._store.claim(site_id)
        self._standing_by.discard(site_id)
        set_gauge("ingest.standing_by", len(self._standing_by))
        version = await self._store.site_version(site_id)
        site = await self._store.site(site_id)
        Engine(site).warm_up()  # before we connect: a compile of seconds would starve the connection
        scan.warm_up()
        _set_apart()
        engine = await recover(self._store, site)
        await take_over_newest(self._store, engine)
        registry = Registry(site, await self._topics_elsewhere(site_id))
        line = Line(
            engine,
            Decoder(registry, ADAPTERS, Redeliveries((await self._store.taken_messages(site_id)).tolist())),
            self._refusals[site_id],
            await self._store.open_shipments(site_id),
            clock=self._clock,
            limits=_line_limits(self._settings),
        )
        line.go_on(await self._store.numberings(site_id))
        await self._connect(line, registry, version)

    async def _connect(self, line: Line, registry: Registry, version: int) -> None:
        """Run a line on its session and its spool."""
        site_id = line.site.id
        subscriptions = registry.subscriptions(self._settings.discovery_topics)
        assert self._settings.mqtt_url is not None
        session = session_of(self._settings, site_id, subscriptions)
        async with self._folder.held(site_id, HELD_S):
            self._folder.remember(site_id, subscriptions)
            with closing(self._folder.open(site_id)) as spool:
                spool.forget(await self._store.spool_number(site_id, spool.id))
                async with open_broker(self._settings.mqtt_url, session, self._clock) as broker:
                    self._came_up(site_id)
                    await self._run_beside(line, broker, spool, version)

    async def _run_beside(self, line: Line, broker: Broker, spool: Spool, version: int) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(line.run(broker, self._store, spool), name="ingest.line")
            for every_s, act in (
                (LOOK_EVERY_S, self._hold_site),
                (LOOK_EVERY_S, self._look_at_shipments),
                (LOOK_EVERY_S, self._write_pending),
                (PLAN_EVERY_S, partial(self._compare_plan, version)),
                (PLAN_EVERY_S, self._compare_calibration),
                (self._settings.prune_every_s, self._prune),
            ):
                tasks.create_task(_every(every_s, act, line), name="ingest.beside")

    async def _hold_site(self, line: Line) -> None:
        await self._store.hold(line.site.id)

    async def _look_at_shipments(self, line: Line) -> None:
        line.shipments = await self._store.open_shipments(line.site.id)

    async def _write_pending(self, line: Line) -> None:
        pending = line.pending.take()
        if pending:
            await self._store.note_pending(pending)

    async def _compare_plan(self, version: int, line: Line) -> None:
        if await self._store.site_version(line.site.id) != version:
            raise _PlanChanged

    async def _compare_calibration(self, line: Line) -> None:
        await take_over_newest(self._store, line.engine)

    async def _prune(self, _line: Line) -> None:
        await self._store.prune(Retention(read_h=self._settings.retention_read_h))

    async def _topics_elsewhere(self, site_id: str) -> set[str]:
        """Topics of other sites' readers, which a discovery filter would bring us too."""
        others = [await self._store.site(other) for other in await self._store.sites() if other != site_id]
        return {topic for other in others for reader in other.readers for topic in reader.topics}

    def _came_up(self, site_id: str) -> None:
        self._coming_up.discard(site_id)
        if self._ready is not None and not self._coming_up:
            self._ready.set()


@cache
def _set_apart() -> None:
    """
    Take what is loaded and compiled by now out of the garbage collector's rounds, once a process.

    It stays for good, and the compiler's objects alone would be looked through every few hundred messages. Messages on
    their way are no rings either, so that they needn't be looked through often: with a read a message, that was a
    quarter of the line's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_ROUNDS)


def _causes(exc: Exception) -> list[Exception]:
    """Take a group of exceptions apart."""
    if isinstance(exc, ExceptionGroup):
        return [cause for part in exc.exceptions for cause in _causes(part)]
    return [exc]


async def _every(every_s: float, act: Callable[[Line], Awaitable[None]], line: Line) -> None:
    """Do something now and then; while the database is away it waits for the next time."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await act(line)
        except StoreUnavailable as exc:
            log.warning("database away: %s", exc, extra={"action": "store_away", "site": line.site.id})


def _line_limits(settings: Settings) -> LineLimits:
    return LineLimits(
        batch=BatchLimits(
            reads_enough=max(1, settings.batch_reads_max // 4),
            reads_max=settings.batch_reads_max,
            bytes_max=settings.batch_bytes_max,
            age_ms_max=settings.batch_age_ms_max,
        ),
        catch_up_us=int(settings.catch_up_s * 1e6),
        checkpoint_every_s=settings.checkpoint_every_s,
        spool_after_s=settings.spool_after_s,
    )
