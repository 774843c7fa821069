"""The line and the web service as the processes that are measured."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from core.settings import Settings
from tallyport.client import answers
from tallyport.processes import running_module
from tallyport.running import environment_of
from tallyport.services.process import Child


@asynccontextmanager
async def running_ingest(settings: Settings) -> AsyncIterator[Child]:
    """Run the line, connected and compiled."""
    log = settings.data_dir / "logs" / "ingest.log"
    async with _running("ingest", settings, partial(_said, log, "ingest is ready")) as child:
        yield child


@asynccontextmanager
async def running_api(settings: Settings) -> AsyncIterator[Child]:
    """Run the web service, ready for requests."""
    ready = partial(answers, f"http://{settings.api_host}:{settings.api_port}/readyz")
    async with _running("api", settings, ready) as child:
        yield child


@asynccontextmanager
async def _running(name: str, settings: Settings, ready: Callable[[], bool]) -> AsyncIterator[Child]:
    async with running_module(name, [name], environment_of(settings), settings.data_dir / "logs", ready) as child:
        yield child


def _said(log: Path, words: str) -> bool:
    return log.exists() and words in log.read_text(encoding="utf-8", errors="replace")
