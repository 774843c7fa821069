"""
The demo: a simulated warehouse in front of the whole of Tallyport, and what came of it.
"""

import asyncio
import fcntl
import json
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from core.clock import clock_of, system_clock
from core.settings import Settings
from core.site_file import load_site
from core.store import open_store
from core.store.tokens import Role, create_token
from tallyport.client import Client
from tallyport.demo.observers import AlertObserver, LiveObserver, until_cancelled
from tallyport.demo.shipments import announce_shipments
from tallyport.demo.summary import FATES, Observed, read_faults, read_planted, summarise
from tallyport.processes import running_module
from tallyport.running import DEMO, Running, Say, running_database, running_tallyport
from tallyport.score import Published, read_truth
from tallyport.services import ServiceFailed, data_home
from tallyport.services.process import Child

SITE: Final = "demo"
DRAIN_S_MAX: Final = 60.0
"""How long we wait at the end for the line to have taken in everything that was published."""
SETTLE_S: Final = 8.0
"""And then until what was taken in is settled: the settle window, the silence at a door, and a margin."""
GONE: Final = ("leave", "missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What kind of demo."""

    seed: int = 7
    scenario: str = "standard"
    tags: int | None = None
    for_s: float | None = None
    speed: float = 1.0
    began_s: float = field(default_factory=lambda: system_clock()() / 1e6)

    @property
    def clock(self) -> str:
        """The clock that all processes of the demo share, as core.clock.clock_of reads it; '' for the system's."""
        return "" if self.speed == 1.0 else f"{self.speed}@{self.began_s:.6f}"


def demo_settings(settings: Settings) -> Settings:
    """The demo's own data directory inside the settings' one, so that it never touches anybody's data."""
    # Simulated reads are no loss in a power cut, and flushing each to disk is most of what a small machine would do.
    folder = settings.data_dir / DEMO
    return settings.model_copy(update={"data_dir": folder, "sites": (SITE,), "broker_sync": "1s"})


@contextmanager
def emptied(settings: Settings) -> Iterator[None]:
    """Clear away what demos before this one have left: each begins anew. Raises ServiceFailed if one still runs."""
    lock = settings.data_dir.with_suffix(".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = settings.data_dir
            raise ServiceFailed(f"a demo already runs in {where}: end it, or set TALLYPORT_DATA_DIR") from None
        for folder in {settings.data_dir, data_home(settings)}:
            if folder.exists():
                shutil.rmtree(folder)
        yield


@asynccontextmanager
async def running_demo(settings: Settings, options: DemoOptions, say: Say) -> AsyncIterator[tuple[Running, Client]]:
    """Everything up and the plan imported; the simulated readers are still to be started."""
    async with AsyncExitStack() as stack:
        stack.enter_context(emptied(settings))
        services, addressed = await stack.enter_async_context(running_database(settings, say))
        token = await _prepare(addressed, options, say)
        running = await stack.enter_async_context(running_tallyport(services, addressed, say, options.clock))
        yield running, Client(base_url=running.base_url, token=token)


@asynccontextmanager
async def running_simulator(
    running: Running, client: Client, options: DemoOptions, say: Say
) -> AsyncIterator[tuple[Child, Path]]:
    """The simulated readers at work, and their shipments announced as an ERP would; with the folder of the truth."""
    out = running.settings.data_dir / "simulator"
    say("starting the simulated readers")
    arguments = ["run", "--mqtt", running.settings.mqtt_url or "", "--out", str(out), "--speed", str(options.speed)]
    arguments += ["--since", f"{options.began_s:.6f}"] if options.clock else []
    arguments += ["--seed", str(options.seed), "--scenario", options.scenario]
    arguments += [] if options.tags is None else ["--tags", str(options.tags)]
    arguments += [] if options.for_s is None else ["--for", str(options.for_s)]
    async with running_module("simulator", ["firmware_sim", *arguments], {}, running.log_dir) as child:
        feed = asyncio.create_task(announce_shipments(out / "shipments.json", client, SITE), name="demo.shipments")
        try:
            yield child, out
        finally:
            feed.cancel()
            await asyncio.gather(feed, return_exceptions=True)


async def headless(settings: Settings, options: DemoOptions, say: Say) -> dict[str, Any]:
    """Run the demo for its time without a browser and say what came of it."""
    async with running_demo(settings, options, say) as (running, client):
        clock = clock_of(options.clock)
        live, alerts = LiveObserver(clock=clock), AlertObserver(clock=clock)
        watching = [
            asyncio.create_task(until_cancelled(observer, client.websocket(path, SITE), client.token), name=path)
            for observer, path in ((live, "/ws/v1/live"), (alerts, "/ws/v1/alerts"))
        ]
        started = time.monotonic()
        async with running_simulator(running, client, options, say) as (simulator, out):
            summary = await _simulated(simulator, out, running, say)
        duration_s = time.monotonic() - started
        say("waiting for the line to settle")
        ledger = await _drained(client, sum(summary["reads"].values()))
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching)
        return summarise(
            Observed(
                edition=running.services.edition or "given",
                seed=options.seed,
                duration_s=duration_s,
                published=summary["reads"],
                unconfirmed=summary["reads_sent"] - summary["reads_total"],
                ledger=ledger,
                tags_live=await _tags_live(client),
                truth=read_truth(out / "truth.csv"),
                zones=await _zones(client),
                planted=[*read_planted(out / "events.csv"), *read_faults(out / "faults.json")],
                live=live,
                alerts=alerts,
            )
        )


async def _prepare(settings: Settings, options: DemoOptions, say: Say) -> str:
    """Import the simulator's plan and products, and make a token to look at them with."""
    site = load_site(await _simulator("site", "--scenario", options.scenario))
    assert settings.database_url is not None
    async with open_store(settings.database_url, role="api") as store:
        await store.save_site(site)
        products = json.loads(await _simulator("products"))
        await store.upsert_products(products)
        async with store.connection() as conn:
            _, token = await create_token(conn, name="demo", role=Role.ADMIN, sites=(SITE,))
    say(f"plan: {len(site.zones)} zones, {len(site.readers)} readers, {len(products)} products")
    return token


async def _simulator(*arguments: str) -> str:
    """Ask the simulator something about its world."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "firmware_sim", *arguments, stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"python -m firmware_sim {' '.join(arguments)} ended with status {process.returncode}")
    return answer.decode()


async def _simulated(simulator: Child, out: Path, running: Running, say: Say) -> dict[str, Any]:
    """Wait for the simulator's end, while everything else has to keep running; its own summary."""
    say("simulating")
    while simulator.running:
        for child in running.children:
            if not child.running:
                raise ServiceFailed(f"{child.launch.name} ended by itself; the reason is in {child.launch.log}")
        await asyncio.sleep(0.2)
    if simulator.status:
        raise ServiceFailed(f"the simulator ended with status {simulator.status}: see {simulator.launch.log}")
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    return summary


async def _drained(client: Client, published: int) -> list[dict[str, Any]]:
    """The loss ledger once every published read is in an account, or once we have waited long enough."""
    deadline = time.monotonic() + DRAIN_S_MAX
    while True:
        rows = (await client.get(f"/sites/{SITE}/ledger"))["items"]
        accounted = sum(row[fate] for row in rows for fate in FATES)
        if accounted >= published or time.monotonic() > deadline:
            await asyncio.sleep(SETTLE_S)
            items: list[dict[str, Any]] = (await client.get(f"/sites/{SITE}/ledger"))["items"]
            return items
        await asyncio.sleep(0.5)


async def _tags_live(client: Client) -> int:
    return len(await client.pages(f"/sites/{SITE}/positions", state="present", limit=1000))


async def _zones(client: Client) -> list[Published]:
    """Every settled change of zone, as the history has it."""
    movements = await client.pages(f"/sites/{SITE}/movements", limit=1000)
    return [
        Published(
            epc=row["epc"],
            at_s=_unix(row["at"]),
            zone="" if row["kind"] in GONE else row["to_zone"] or "",
        )
        for row in movements
    ]


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
