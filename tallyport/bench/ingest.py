"""How many reads a second become durable, from the readers' messages through a real broker into a real database."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from typing import Final

from core.settings import Settings
from core.site import ReaderFormat, Site
from core.store import Store, migrate, open_store
from core.store.views_site import list_readers, site_number
from tallyport.bench.brokers import BrokerName, RunningBroker, brokers_here, running_broker
from tallyport.bench.cpu import child_named, cpu_s
from tallyport.bench.engine import bench_site
from tallyport.bench.fanout import viewers
from tallyport.bench.figure import Figure
from tallyport.bench.load import Load, Progress, Work, publishing, subscribing
from tallyport.bench.pipeline import forget
from tallyport.bench.process import check, ended, until
from tallyport.bench.service import running_api, running_ingest
from tallyport.bench.sockets import Crowd, Heard, listening
from tallyport.bench.stream import LANES, TAGS, Form, reader_of
from tallyport.services import running_services
from tallyport.services.process import free_port

SECONDS: Final = 10.0
PLAIN_SHARE: Final = 0.3
PLAIN_S_MAX: Final = 10.0
"""The peers' time, as a part of ours and at most."""
AHEAD_MAX: Final = 2_000
"""Messages that the publisher may be ahead of what our line has committed."""
AHEAD_READS: Final = 20_000
"""The same where messages have few reads."""
PIPELINE_AHEAD_MAX: Final = 100
"""The same for the plain pipeline, so that little is left to wait for when its time is up."""
ROOT: Final = "tallyport/v1/bench"
VENDORS_ROOT: Final = "vendors/bench"
DELAYS_S_MAX: Final = 20.0
HALF: Final = 0.5
POLL_S: Final = 0.05
STUCK_S_MAX: Final = 20.0
"""Nothing has been taken for so long: what is missing by then is lost."""


@dataclass(frozen=True, slots=True)
class Case:
    """One shape of message."""

    name: str
    form: Form
    reads: int

    @property
    def root(self) -> str:
        """First levels of the topics of our readers that speak this form."""
        return ROOT if self.form in (Form.BINARY, Form.COLUMNS) else VENDORS_ROOT

    def load(self, url: str, root: str, seconds: float) -> Load:
        """This shape, published for a while."""
        ahead = max(AHEAD_MAX, AHEAD_READS // self.reads)
        return Load(url=url, form=self.form, reads=self.reads, root=root, seconds=seconds, ahead=ahead)

    def every_tag_once(self, url: str, root: str) -> Load:
        """Each tag in one message, however long it takes."""
        return replace(self.load(url, root, 0.0), times=1, least=-(-TAGS // self.reads))


CASES: Final = (
    Case("binary", Form.BINARY, 100),
    Case("columns", Form.COLUMNS, 100),
    Case("binary-500", Form.BINARY, 500),
    Case("zebra", Form.ZEBRA, 100),
    Case("zebra-1", Form.ZEBRA, 1),
    Case("impinj", Form.IMPINJ, 1),
)


async def ingest_figures(
    settings: Settings,
    seconds: float = SECONDS,
    cases: Sequence[Case] = CASES,
    brokers: Sequence[BrokerName | None] = (),
) -> AsyncIterator[Figure]:
    """Each shape through the whole line, beside plain subscribers of the same broker; each broker with all else new."""
    for name in brokers or brokers_here(settings):
        chosen = settings.model_copy(update={"data_dir": settings.data_dir / (name or "given"), "sites": ("bench",)})
        async with running_broker(name, chosen) as broker:
            async for figure in _on_broker(chosen.model_copy(update={"mqtt_url": broker.url}), broker, seconds, cases):
                yield figure


async def _on_broker(
    settings: Settings, broker: RunningBroker, seconds: float, cases: Sequence[Case]
) -> AsyncIterator[Figure]:
    tops: list[Figure] = []
    async with running_services(settings) as services:
        await migrate(services.database_url)
        chosen = settings.model_copy(update={"database_url": services.database_url})
        async with _running_line(chosen, broker) as run:
            await run.take(CASES[0].every_tag_once(broker.url, ROOT))
            for case in cases:
                figure = await _measured(chosen, run, case, seconds)
                tops.append(figure)
                yield figure
            yield await run.delays(chosen, cases[0], tops[0])


async def _measured(settings: Settings, run: "_Run", case: Case, seconds: float) -> Figure:
    """Measure one shape, with its peers right before it: a disk's pace changes from minute to minute."""
    assert settings.database_url is not None
    plain = {work: await _plain(settings, case, work, seconds) for work in Work}
    forget(settings.database_url)
    return await run.figure(case, seconds, plain)


@asynccontextmanager
async def _running_line(settings: Settings, broker: RunningBroker) -> AsyncIterator["_Run"]:
    """Run the line of the bench's site on servers that are there."""
    assert settings.database_url is not None
    async with open_store(settings.database_url, role="api") as store:
        await store.save_site(_site())
        async with running_ingest(settings) as line:
            yield _Run(store, broker, line.pid)


def _site() -> Site:
    """The bench's site, with readers of Zebra's and Impinj's beside each of its first ones."""
    site = bench_site()
    vendors = [
        replace(site.readers[lane], id=name, name=name, format=format_, topics=(f"{VENDORS_ROOT}/{name}/reads",))
        for form, format_ in ((Form.ZEBRA, ReaderFormat.ZEBRA), (Form.IMPINJ, ReaderFormat.IMPINJ))
        for lane in range(LANES)
        for name in (reader_of(form, lane),)
    ]
    return replace(site, readers=(*site.readers, *vendors))


async def _plain(settings: Settings, case: Case, work: Work, seconds: float) -> float:
    """Reads a second that a plain subscriber takes."""
    assert settings.mqtt_url is not None
    assert settings.database_url is not None
    progress = Progress()
    root = f"bench/{case.form}-{case.reads}-{work.name.lower()}"
    load = case.load(settings.mqtt_url, root, min(PLAIN_S_MAX, PLAIN_SHARE * seconds))
    if work is Work.STORE:
        load = replace(load, form=Form.COLUMNS, ahead=PIPELINE_AHEAD_MAX, database_url=settings.database_url)
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

    def __init__(self, store: Store, broker: RunningBroker, line_pid: int) -> None:
        self._store = store
        self._broker = broker
        self._pids = {"line": line_pid, "database": child_named("postgres"), "broker": broker.pid}

    async def figure(self, case: Case, seconds: float, plain: Mapping[Work, float]) -> Figure:
        """Measure one shape."""
        before, rows_before, used = await self._ledger(), await self._rows(), self._used_s()
        progress, load_cpu_s = await self.take(case.load(self._broker.url, case.root, seconds))
        became = {name: count - before[name] for name, count in (await self._ledger()).items()}
        sent = progress.published.value * case.reads
        cpu = {name: now_s - used[name] for name, now_s in self._used_s().items()} | {"load": load_cpu_s}
        return Figure(
            name="/".join(part for part in ("ingest", self._broker.name, case.name) if part),
            ours=progress.messages_per_s * case.reads,
            unit="reads/s",
            peers={
                "paho, loop, dict; no database": plain[Work.REMOVE_REPEATS],
                "paho, json, dict, executemany": plain[Work.STORE],
            },
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
                "broker": self._broker.keeps,
            },
        )

    async def delays(self, settings: Settings, case: Case, top: Figure) -> Figure:
        """How long after each read a browser has its tag's position, at half of the load that there was at most."""
        chosen = settings.model_copy(update={"api_port": free_port()})
        url, heard = f"ws://{chosen.api_host}:{chosen.api_port}/ws/v1/live?site=bench", Heard()
        seconds = min(DELAYS_S_MAX, float(top.setting["seconds"]))
        load = replace(case.load(self._broker.url, case.root, seconds), per_s=HALF * top.ours / case.reads)
        async with running_api(chosen):
            with ended(listening(Crowd(url=url, tokens=await viewers(self._store, 1)), heard)) as browser:
                await until(lambda: heard.snapshots.value, browser)
                progress, _ = await self.take(load)
        return Figure(
            name=f"{top.name}/delay",
            ours=progress.messages_per_s * case.reads,
            unit="reads/s",
            limit=top.ours,
            lost=(progress.published.value - progress.taken.value) * case.reads,
            setting={
                "delay_ms_p50": heard.delay_ms(0.5),
                "delay_ms_p99": heard.delay_ms(0.99),
                "positions": int(sum(heard.delays_ms[:])),
                "seconds": round(progress.seconds, 1),
                "limit": "ours, as fast as it goes",
            },
        )

    async def take(self, load: Load) -> tuple[Progress, float]:
        """Publish for a while and wait until all of it is accounted for; also the CPU seconds of the publisher."""
        progress, before = Progress(), _accounted(await self._ledger())
        publisher = publishing(load, progress)
        used_s, moved_at = 0.0, time.monotonic()
        while not progress.done and time.monotonic() - moved_at < STUCK_S_MAX:
            taken = (_accounted(await self._ledger()) - before) // load.reads
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
