"""A line on real servers, fed by an independent publisher, for the tests of ingest."""

import asyncio
import json
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from core.settings import Settings
from core.site import Antenna, EngineParameters, Reader, ReaderFormat, Site, Zone, ZoneKind
from core.store import open_store
from core.store.views_ledger import LEDGER
from ingest.service import run_ingest
from tests.integration.mqtt_tools import Publisher, own, publishing

WAIT_S: Final = 30.0


def plan(site_id: str) -> Site:
    """Two halls far from each other, a reader of each format in the first, a native one in the second."""
    return Site(
        id=site_id,
        name="Two halls",
        timezone="UTC",
        width_m=100.0,
        height_m=20.0,
        zones=(
            Zone(id="east", name="East", kind=ZoneKind.STORAGE, polygon=((0, 0), (12, 0), (12, 12), (0, 12))),
            Zone(id="west", name="West", kind=ZoneKind.STORAGE, polygon=((80, 0), (92, 0), (92, 12), (80, 12))),
        ),
        readers=(
            _reader("native-1", ReaderFormat.NATIVE, "", 5.0, "east"),
            _reader("fx", ReaderFormat.ZEBRA, f"zebra/{site_id}/data", 6.0, "east"),
            _reader("r700", ReaderFormat.IMPINJ, f"impinj/{site_id}/events", 7.0, "east"),
            _reader("native-2", ReaderFormat.NATIVE, "", 86.0, "west"),
        ),
        engine=EngineParameters(settle_s=1.0),
    )


def _reader(name: str, format_: ReaderFormat, topic: str, x: float, zone: str) -> Reader:
    return Reader(
        id=name,
        name=name,
        format=format_,
        topics=(topic,) if topic else (),
        antennas=(Antenna(port=1, x=x, y=6.0, zone=zone),),
    )


def epc(n: int) -> str:
    """An SGTIN-96 with this serial number."""
    return f"3034257BF7194E40{n:08X}"


def now_us() -> int:
    """The system's time, as a reader would have it."""
    return time.time_ns() // 1_000


def native(reads: Sequence[tuple[int, str]], **facts: Any) -> bytes:  # noqa: ANN401 - any fact of a message
    """Make a message of JSON rows of (time, EPC)."""
    rows = [{"seen_us": at, "epc": tag, "antenna": 1, "rssi_dbm": -50.0} for at, tag in reads]
    return json.dumps({"v": 1, "reads": rows, **facts}).encode()


def columns(reads: Sequence[tuple[int, str]]) -> bytes:
    """Make a message of JSON columns."""
    body = {"seen_us": [at for at, _ in reads], "epc": [tag for _, tag in reads], "antenna": [1] * len(reads)}
    return json.dumps({"v": 1, "columns": body}).encode()


def binary(reads: Sequence[tuple[int, str]]) -> bytes:
    """Make a message of binary records."""
    records = [
        struct.pack("<q16sHHhHIHH", at, bytes.fromhex(tag).ljust(16, b"\0"), len(tag) * 4, 1, -5000, 65535, 0, 1, 0)
        for at, tag in reads
    ]
    return struct.pack("<4sIQQ", b"TPR1", len(reads), 0, 0) + b"".join(records)


def zebra(at_us: int, tag: str, number: int) -> bytes:
    """Make a Zebra tag data event."""
    data = {"eventNum": number, "format": "epc", "idHex": tag.lower(), "antenna": 1, "peakRssi": -50}
    return json.dumps({"type": "SIMPLE", "timestamp": _iso(at_us), "data": data}).encode()


def impinj(at_us: int, tag: str) -> bytes:
    """Make an Impinj tag inventory event."""
    event = {"epcHex": tag, "antennaPort": 1, "peakRssiCdbm": -5000, "lastSeenTime": _iso(at_us)}
    body = {"timestamp": _iso(at_us), "eventType": "tagInventory", "tagInventoryEvent": event}
    return json.dumps(body).encode()


def _iso(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


BAD: Final = {
    "not json": b"hello",
    "truncated": native([(1, "30")])[:-9],
    "nested": b"[" * 100_000,
    "nested in a read": b'{"v":1,"reads":[{"seen_us":' + b"[" * 50_000 + b"]}]}",
    "nan": b'{"v":1,"reads":[{"seen_us":1790000000000000,"epc":"3034","rssi_dbm":NaN}]}',
    "nul": b"\x00\x01\x02",
    "lone surrogate": b'{"v":1,"boot":"\\ud800","reads":[{"seen_us":1,"epc":"\\ud800"}]}',
    "long number": b'{"v":1,"reads":[{"seen_us":' + b"9" * 5_000 + b',"epc":"3034"}]}',
    "no reads": b'{"v":1}',
    "binary cut": binary([(1, "3034257BF7194E4000000001")])[:-1],
    "binary count": b"TPR1" + b"\xff" * 20,
    "large": b"x" * 600_000,
}
"""Rubbish that readers, or others, may send on a native `reads` topic."""


@dataclass(frozen=True, slots=True)
class Rig:
    """A running line, its publisher and its database."""

    site: str
    publisher: Publisher
    database: psycopg.Connection[tuple[Any, ...]]
    settings: Settings

    def topic(self, reader: str, what: str = "reads") -> str:
        """Name a native topic."""
        return f"tallyport/v1/{self.site}/{reader}/{what}"

    async def publish(self, topic: str, *payloads: bytes) -> None:
        """Publish as a reader does."""
        await asyncio.to_thread(self.publisher.publish, topic, *payloads)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database; %(site)s is the site's row number."""
        site = "(SELECT site_id FROM site WHERE id = %(id)s)"
        return self.database.execute(query.replace("%(site)s", site), {"id": self.site}).fetchall()

    def number(self, query: str) -> int:
        """Ask the database for one number."""
        return int(self.rows(query)[0][0])

    def ledger(self, reader: str) -> dict[str, int]:
        """Read a reader's loss ledger."""
        names = (*LEDGER, "awaited")
        (row,) = self.rows(f"SELECT {', '.join(names)} FROM reader WHERE site_id = %(site)s AND id = '{reader}'")  # noqa: S608
        return dict(zip(names, row, strict=True))

    async def until(self, true: Callable[[], bool], wait_s: float = WAIT_S) -> None:
        """Wait for something to come true in the database; the test's own assertions say what it wanted."""
        ends = time.monotonic() + wait_s
        while not true() and time.monotonic() < ends:  # noqa: ASYNC110 - a database has no asyncio.Event
            await asyncio.sleep(0.05)


def settings_for(database_url: str, mqtt_url: str, site: str, **changes: Any) -> Settings:  # noqa: ANN401
    """Settings of one line, patient for no longer than a test should be."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "mqtt_url": mqtt_url,
        "sites": (site,),
        "discovery_topics": (f"zebra/{site}/+", f"impinj/{site}/+", f"{site}/#"),
        "checkpoint_every_s": 1.0,
    }
    return Settings(**values | changes)


async def save_plan(database_url: str, site: Site) -> None:
    """Import a plan."""
    async with open_store(database_url, role="api") as store:
        await store.save_site(site)


@asynccontextmanager
async def running_line(settings: Settings) -> AsyncIterator[None]:
    """Run the ingest service in this process until the block ends; what breaks it breaks the test."""
    ready = asyncio.Event()
    service = asyncio.create_task(run_ingest(settings, ready=ready), name="ingest")
    up = asyncio.create_task(ready.wait(), name="ready")
    await asyncio.wait({service, up}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
    up.cancel()
    if service.done():
        service.result()
    try:
        yield
    finally:
        service.cancel()
        await asyncio.wait({service}, timeout=60)
    assert service.done(), "the line was told to stop and goes on"
    if not service.cancelled():
        service.result()


@contextmanager
def rig_on(settings: Settings, site: str) -> Iterator[Rig]:
    """Connect a publisher and a pair of eyes."""
    assert settings.mqtt_url is not None
    assert settings.database_url is not None
    with (
        publishing(settings.mqtt_url) as publisher,
        psycopg.connect(settings.database_url, autocommit=True) as database,
    ):
        yield Rig(site, publisher, database, settings)


@asynccontextmanager
async def running_rig(database_url: str, mqtt_url: str, **changes: Any) -> AsyncIterator[Rig]:  # noqa: ANN401
    """Run a line with a plan of its own."""
    site = own("site")
    await save_plan(database_url, plan(site))
    settings = settings_for(database_url, mqtt_url, site, **changes)
    async with running_line(settings):
        with rig_on(settings, site) as rig:
            yield rig
