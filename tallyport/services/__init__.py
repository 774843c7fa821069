"""
The servers that Tallyport stands on: those that the settings name, else our own, which end with us.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from core.settings import Settings
from tallyport.services.account import reachable_home, service_account
from tallyport.services.nats import NatsPlan, NatsServer
from tallyport.services.postgres import PostgresPlan, PostgresServer, choose_installation
from tallyport.services.process import Child, ServiceFailed

__all__ = ["Server", "ServiceFailed", "Services", "running_server", "running_services"]

log = logging.getLogger(__name__)

WATCH_S: Final = 0.5
RESTART_PAUSE_S: Final = 1.0


class Server(Protocol):
    """What every server of ours can do; `start` is quick, the others may take seconds."""

    child: Child

    def prepare(self) -> None:
        """Make its files, and see to it that nobody else uses them."""

    def start(self) -> None:
        """Start the process."""

    def wait_ready(self) -> None:
        """Return once it answers."""

    def stop(self) -> None:
        """Shut it down in order."""


@dataclass(slots=True, kw_only=True)
class Services:
    """Where the database and the broker are, and a line for each that says which one it is."""

    database_url: str
    mqtt_url: str
    edition: str | None = None
    """The edition to expect: "apache" or "postgres" for a server of ours, None for one that was given."""
    lines: list[str] = field(default_factory=list)


@asynccontextmanager
async def running_services(settings: Settings) -> AsyncIterator[Services]:
    """Use the servers that the settings name; start our own for the rest, and stop those on the way out."""
    services = Services(database_url=settings.database_url or "", mqtt_url=settings.mqtt_url or "")
    async with contextlib.AsyncExitStack() as stack:
        if settings.database_url is None:
            await stack.enter_async_context(_own_database(settings, services))
        else:
            services.lines.append("database: the one that TALLYPORT_DATABASE_URL names")
        if settings.mqtt_url is None:
            await stack.enter_async_context(_own_broker(settings, services))
        else:
            services.lines.append("broker: the one that TALLYPORT_MQTT_URL names")
        yield services


@asynccontextmanager
async def running_server(server: Server) -> AsyncIterator[None]:
    """Run one server, start it again should it end by itself, and stop it on the way out."""
    await asyncio.to_thread(server.prepare)
    server.start()
    try:
        await asyncio.to_thread(server.wait_ready)
        watch = asyncio.create_task(_keep_running(server), name=f"watch {server.child.launch.name}")
        try:
            yield
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
    finally:
        await asyncio.shield(asyncio.to_thread(server.stop))


def data_home(settings: Settings) -> Path:
    """The folder of our servers' files: where the settings say, unless root's servers could not enter there."""
    return reachable_home(settings.data_dir.expanduser().absolute(), service_account())


@asynccontextmanager
async def _own_database(settings: Settings, services: Services) -> AsyncIterator[None]:
    folder = data_home(settings) / "postgres"
    installation = await asyncio.to_thread(choose_installation, folder)
    server = await asyncio.to_thread(PostgresServer, PostgresPlan(folder=folder, installation=installation))
    async with running_server(server):
        services.database_url = server.url
        services.edition = "apache" if installation.timescaledb else "postgres"
        services.lines.append(f"database: {installation.title}, our own, in {folder}")
        if not installation.timescaledb:
            services.lines.append(
                "database: no TimescaleDB here, so plain tables in its place; scripts/services installs it"
            )
        yield


@asynccontextmanager
async def _own_broker(settings: Settings, services: Services) -> AsyncIterator[None]:
    folder = data_home(settings) / "nats"
    server = NatsServer(NatsPlan(folder=folder, sync_interval=settings.broker_sync))
    async with running_server(server):
        services.mqtt_url = server.url
        services.lines.append(f"broker: nats-server, our own, on port {server.port}, in {folder}")
        yield


async def _keep_running(server: Server) -> None:
    """Start a server again that ended by itself: killed for memory, or by hand."""
    while True:
        await asyncio.sleep(WATCH_S)
        if server.child.running:
            continue
        log.warning("server ended", extra={"action": "server_ended", "server": server.child.launch.name})
        await asyncio.sleep(RESTART_PAUSE_S)
        try:
            await asyncio.to_thread(server.prepare)
            server.start()
            await asyncio.to_thread(server.wait_ready)
        except ServiceFailed as exc:
            log.error("server failed to start", extra={"action": "server_failed", "reason": str(exc)})  # noqa: TRY400
