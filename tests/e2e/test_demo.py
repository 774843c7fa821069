"""The demo from outside: the whole of Tallyport by its own command, and whether its sums come out even."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallyport.services.process import free_port
from tests.servers import remove, temporary_folder

pytestmark = pytest.mark.slow
SECONDS = 25


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data directory of the demo's own."""
    folder = temporary_folder()
    yield folder
    remove(folder)


@pytest.fixture(scope="module")
async def summary(folder: Path) -> dict[str, Any]:
    """What `tallyport demo --headless` says of a short run."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tallyport", "demo", "--headless", "--json"),
        *("--for", str(SECONDS), "--seed", "7", "--port", str(free_port())),
        env={
            "TALLYPORT_DATA_DIR": str(folder),
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(folder),
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache"),  # compiled kernels
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    said: dict[str, Any] = json.loads(out)
    return said


def test_demo_loses_nothing(summary: dict[str, Any]) -> None:
    """
    Every read that a reader was told is safe is stored, a repeat, late or quarantined; none is lost.
    """
    fates = summary["stored"] + summary["repeats"] + summary["late"] + summary["quarantined"]

    assert summary["lost"] == 0
    assert summary["published"] == fates


def test_demo_hears_all_three_languages(summary: dict[str, Any]) -> None:
    """
    Native, Zebra and Impinj readers all had their say, on TimescaleDB.
    """
    assert summary["edition"] == "apache"
    assert {"native", "zebra", "impinj"} == {name for name, reads in summary["published_per_firmware"].items() if reads}


def test_demo_knows_where_things_are(summary: dict[str, Any]) -> None:
    """
    Most tags are live, and settled zones are right far more often than not, start-up included.
    """
    assert summary["tags_live"] > 3_000
    assert summary["settled_accuracy"] > 0.7


def test_demo_raises_few_false_alarms(summary: dict[str, Any]) -> None:
    """
    The exit rule speaks up for thefts, not for stray reads or announced shipments.
    """
    exits = summary["alerts"]["left_without_shipment"]

    assert exits["n"] <= exits["planted"] + 3


def test_demo_shows_reads_at_once(summary: dict[str, Any]) -> None:
    """
    From the antenna to a browser's frame takes around a second at the very worst of times.
    """
    assert summary["frames"] > SECONDS
    assert summary["latency_ms"]["p50"] < 1_500
