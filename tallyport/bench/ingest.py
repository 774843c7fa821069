"""How many reads a second become durable, from the readers' messages through a real broker into a real database."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Final

from core.settings import Settings
from core.store import Store, migrate, open_store
from core.store.views_site import list_readers, site_number
from tallyport.bench.cpu import child_named, cpu_s
from tallyport.bench.engine import bench_site
from tallyport.bench.figure import Figure
from tallyport.bench.load import Load, Progress, Work, publishing, subscribing
from tallyport.bench.process import check
from tallyport.bench.service import running_ingest
from tallyport.bench.stream import TAGS, Form
from tallyport.services import running_services

SECONDS: Final = 10.0
PLAIN_SHARE: Final = 0.3
"""The peers' time as a part of ours."""
FIRST_SHARE: Final = 0.2
"""The time before ours in which all tags are seen for the first time, as a part of it."""
POLL_S: Final = 0.05
STUCK_S_MAX: Final = 20.0
"""Nothing has been taken for so long: what is missing by then is lost."""


@dataclass(frozen=True, slots=True)
class Case:
    """One shape of message."""

    name: str
    form: Form
    reads: int

    def load(self, url: str, root: str, seconds: float) -> Load:
        """This shape, published for a while."""
        return Load(url=url, form=self.form, reads=self.reads, root=root, seconds=seconds)


CASES: Final = (
    Case("binary", Form.BINARY, 100),
    Case("columns", Form.COLUMNS, 100),
    Case("binary of 500", Form.BINARY, 500),
)


async def ingest_figures(
    settings: Settings, seconds: float = SECONDS, cases: Sequence[Case] = CASES
) -> AsyncIterator[Figure]:
    """Each shape through the whole line, beside plain subscribers of the same broker."""
    async with running_services(settings) as services:
        await migrate(services.database_url)
        addresses = {"database_url": services.database_url, "mqtt_url": services.mqtt_url, "sites": ("bench",)}
        async with _running_line(settings.model_copy(update=addresses)) as run:
            await run.take(CASES[0], FIRST_SHARE * seconds)
            for case in cases:
                # Right before ours, while the line has nothing to do: a disk's pace changes from minute to minute.
                plain = {work: await _plain(services.mqtt_url, case, work, seconds) for work in Work}
                yield await run.figure(case, seconds, plain)


@asynccontextmanager
async def _running_line(settings: Settings) -> AsyncIterator["_Run"]:
    """Run the line of the bench's site on servers that are there."""
    assert settings.database_url is not None
    assert settings.mqtt_url is not None
    async with open_store(settings.database_url, role="api") as store:
        await store.save_site(bench_site())
        async with running_ingest(settings) as line:
            yield _Run(store, settings.mqtt_url, line.pid)


async def _plain(url: str, case: Case, work: Work, seconds: float) -> float:
    """Reads a second that a plain subscriber takes."""
    progress = Progress()
    load = case.load(url, f"bench/{case.form}-{case.reads}-{work.name.lower()}", PLAIN_SHARE * seconds)
    subscriber = subscribing(load, progress, work)
    while not progress.listening.value:
        check(subscriber)
        await asyncio.sleep(POLL_S)
    publisher = publishing(load, progress)
    for process in (publisher, subscriber):
        await asyncio.to_thread(process.join)
        check(process)
    return progress.messages_per_s * case.reads


class _Run:
    """A line that runs, and the ledger that says what became of what it was sent."""

    def __init__(self, store: Store, mqtt_url: str, line_pid: int) -> None:
        self._store = store
        self._mqtt_url = mqtt_url
        self._pids = {
            "line": line_pid,
            "database": child_named("postgres"),
            "broker": child_named("nats-server"),
        }

    async def figure(self, case: Case, seconds: float, plain: Mapping[Work, float]) -> Figure:
        """Measure one shape."""
        before, rows_before, used = await self._ledger(), await self._rows(), self._used_s()
        progress, load_cpu_s = await self.take(case, seconds)
        became = {name: count - before[name] for name, count in (await self._ledger()).items()}
        sent = progress.published.value * case.reads
        cpu = {name: now_s - used[name] for name, now_s in self._used_s().items()} | {"load": load_cpu_s}
        return Figure(
            name=f"ingest/{case.name}",
            ours=progress.messages_per_s * case.reads,
            unit="reads/s",
            peers={"paho, loop, dict; no database": plain[Work.REMOVE_REPEATS]},
            limit=plain[Work.NOTHING],
            lost=sent - became["repeats"] - (await self._rows() - rows_before),
            setting={
                "edition": str(self._store.edition.value),
                "reads_a_message": case.reads,
                "tags": TAGS,
                "repeats": round(became["repeats"] / sent, 3),
                "late": became["late"],
                "seconds": round(progress.seconds, 1),
                "cores": {name: round(used_s / progress.seconds, 2) for name, used_s in cpu.items()},
                "line_us_a_read": round(cpu["line"] / sent * 1e6, 2),
                "limit": "the broker: paho that only acknowledges",
            },
        )

    async def take(self, case: Case, seconds: float) -> tuple[Progress, float]:
        """Publish for a while and wait until all of it is accounted for; also the CPU seconds of the publisher."""
        progress, before = Progress(), _accounted(await self._ledger())
        publisher = publishing(case.load(self._mqtt_url, "tallyport/v1/bench", seconds), progress)
        used_s, moved_at = 0.0, time.monotonic()
        while not progress.done and time.monotonic() - moved_at < STUCK_S_MAX:
            taken = (_accounted(await self._ledger()) - before) // case.reads
            if taken > progress.taken.value:
                progress.taken.value, progress.ended_ns.value, moved_at = taken, time.monotonic_ns(), time.monotonic()
            used_s = _cpu_of(publisher) or used_s
            check(publisher)
            await asyncio.sleep(POLL_S)
        await asyncio.to_thread(publisher.join)
        return progress, used_s

    async def _ledger(self) -> dict[str, int]:
        """All readers' counts together."""
        async with self._store.connection() as conn:
            number = await site_number(conn, "bench")
            assert number is not None
            ledgers = [row["ledger"] for row in await list_readers(conn, number)]
        return {name: sum(int(ledger[name]) for ledger in ledgers) for name in ("stored", "repeats", "late")}

    async def _rows(self) -> int:
        """How many reads are in the database."""
        async with self._store.connection() as conn:
            cursor = await conn.execute("SELECT (SELECT count(*) FROM read) + (SELECT count(*) FROM late_read)")
            return int((await cursor.fetchall())[0][0])

    def _used_s(self) -> dict[str, float]:
        return {name: cpu_s(pid) for name, pid in self._pids.items() if pid is not None}


def _accounted(ledger: Mapping[str, int]) -> int:
    return ledger["stored"] + ledger["repeats"] + ledger["late"]


def _cpu_of(process: BaseProcess) -> float:
    return cpu_s(process.pid) if process.pid is not None else 0.0
