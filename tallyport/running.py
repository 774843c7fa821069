"""
Tallyport as a whole on one machine: services, a database at its schema, the line and the web service.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from core.settings import Settings
from core.store import migrate
from tallyport.client import answers
from tallyport.processes import running_module
from tallyport.services import Services, running_services
from tallyport.services.process import Child, require_free_port

ADDRESSES: Final = "addresses.json"
DEMO: Final = "demo"
"""The demo's folder inside the data directory."""

Say = Callable[[str], None]
"""Where progress lines go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What runs, and where to find it."""

    services: Services
    settings: Settings
    base_url: str
    log_dir: Path
    children: tuple[Child, ...] = ()


@asynccontextmanager
async def running_database(settings: Settings, say: Say) -> AsyncIterator[tuple[Services, Settings]]:
    """Services up and the database at its schema; the settings come back with their addresses filled in."""
    say("starting the database and the broker")
    async with running_services(settings) as services:
        for line in services.lines:
            say(line)
        applied = await migrate(services.database_url)
        say(f"schema: {', '.join(applied)} applied" if applied else "schema: up to date")
        addresses = {"database_url": services.database_url, "mqtt_url": services.mqtt_url}
        file = settings.data_dir / ADDRESSES
        await asyncio.to_thread(_write_private, file, json.dumps(addresses))
        try:
            yield services, settings.model_copy(update=addresses)
        finally:
            await asyncio.to_thread(file.unlink, missing_ok=True)


@asynccontextmanager
async def running_tallyport(
    services: Services, settings: Settings, say: Say, clock: str = ""
) -> AsyncIterator[Running]:
    """The line and the web service as processes of their own, both ready; on a clock of the simulation's if told so."""
    require_free_port("the web service", settings.api_port)
    environment = {**environment_of(settings), "TALLYPORT_CLOCK": clock}
    log_dir = settings.data_dir / "logs"
    base_url = f"http://{settings.api_host}:{settings.api_port}"
    async with AsyncExitStack() as stack:
        say("compiling the engine")
        ready = partial(_said, log_dir / "ingest.log", "ingest is ready")
        ingest = await stack.enter_async_context(running_module("ingest", ["ingest"], environment, log_dir, ready))
        say("starting the web service")
        up = partial(answers, f"{base_url}/readyz")
        api = await stack.enter_async_context(running_module("api", ["api"], environment, log_dir, up))
        yield Running(services=services, settings=settings, base_url=base_url, log_dir=log_dir, children=(ingest, api))


def read_addresses(data_dir: Path) -> dict[str, str]:
    """Where the services of a running `tallyport up` or demo are; empty where none runs."""
    for folder in (data_dir, data_dir / DEMO):
        try:
            addresses: dict[str, str] = json.loads((folder / ADDRESSES).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        return addresses
    return {}


def environment_of(settings: Settings) -> dict[str, str]:
    """Settings as the environment of a process of ours; what is left at its default is left out."""
    told = settings.model_dump(mode="json", exclude_defaults=True)
    return {
        f"TALLYPORT_{name.upper()}": ",".join(value) if isinstance(value, list) else str(value)
        for name, value in told.items()
        if value is not None
    }


def _write_private(file: Path, text: str) -> None:
    """Write a file that only we may read: the addresses hold passwords."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")


def _said(log: Path, words: str) -> bool:
    return log.exists() and words in log.read_text(encoding="utf-8", errors="replace")
