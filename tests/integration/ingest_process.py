"""`python -m ingest` as a process of its own, for tests that kill it."""

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

from core.settings import Settings


async def launch(settings: Settings, folder: Path) -> asyncio.subprocess.Process:
    """Start `python -m ingest`; its log goes into the folder, under the site's name."""
    told = {
        "TALLYPORT_DATABASE_URL": settings.database_url,
        "TALLYPORT_MQTT_URL": settings.mqtt_url,
        "TALLYPORT_SITES": ",".join(settings.sites),
        "TALLYPORT_DISCOVERY_TOPICS": ",".join(settings.discovery_topics),
        "TALLYPORT_CHECKPOINT_EVERY_S": "2",
    }
    environment = {**os.environ, **{name: str(value) for name, value in told.items()}}
    with (folder / f"{settings.sites[0]}.log").open("ab") as stderr:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ingest"), stdout=subprocess.PIPE, stderr=stderr, env=environment
        )


async def ready(process: asyncio.subprocess.Process, wait_s: float = 300.0) -> None:
    """Wait until it says that it is ready: it owns its sites and hears its readers."""
    assert process.stdout is not None
    async with asyncio.timeout(wait_s):
        said = await process.stdout.readline()
    assert said == b"ingest is ready\n", "see its log"


async def start(settings: Settings, folder: Path) -> asyncio.subprocess.Process:
    """Start it and wait until it is ready."""
    process = await launch(settings, folder)
    await ready(process)
    return process


async def kill(process: asyncio.subprocess.Process) -> None:
    """End a process as a power cut would."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
