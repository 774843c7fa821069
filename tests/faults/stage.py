"""
The stage of one run: a fresh database, links that can be broken, readers, and the service between them.
"""

import asyncio
import itertools
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from core.site import Site
from core.store import migrate, open_store
from tallyport.services import Server
from tallyport.services.mosquitto import MosquittoPlan, MosquittoServer
from tallyport.services.nats import NatsServer
from tallyport.services.postgres import PostgresServer
from tests.faults.judge import Judge, Verdict
from tests.faults.oracle import Oracle
from tests.faults.processes import Service, Watch
from tests.faults.proxy import Proxy, proxy_of
from tests.faults.readers import Feed, feeding
from tests.faults.tmpfs import mounted
from tests.faults.world import MISSING_S, PATIENT_S, World, plan
from tests.integration.mqtt_tools import own
from tests.servers import new_broker, new_postgres, remove, running, temporary_folder

TEMPLATE: Final = "template_faults"
SMALL_MB: Final = 320
SMALL_LOG: Final = {"max_wal_size": "64MB", "min_wal_size": "32MB"}
POLL_S: Final = 0.2
STORED_S_MAX: Final = 30.0
GIVEN_UP_S: Final = 12.0
"""A broker that still has a message brings it again within this."""

Broker = NatsServer | MosquittoServer
BrokerName = Literal["nats", "mosquitto", "small mosquitto"]


class SmallMosquitto(MosquittoServer):
    """A mosquitto that holds few messages for a client, and drops the rest without a word."""

    def configuration(self) -> str:
        """As ours, with a small queue."""
        ours = super().configuration().replace("max_inflight_messages 1000", "max_inflight_messages 20")
        return ours.replace("max_queued_messages 1000000", "max_queued_messages 200")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """
    One fault of the matrix.

    cls     A: nothing may be lost. B: what a broker loses must be counted by the ledger, to the message.
    act     breaks something and heals it again
    told    settings of the service that make the fault bite
    module  what runs in the place of `ingest`, with a failpoint in it
    """

    id: str
    cls: Literal["A", "B"] = "A"
    title: str
    means: str
    act: Callable[["Stage"], None]
    broker: BrokerName = "nats"
    told: Mapping[str, str] = field(default_factory=dict)
    module: Sequence[str] = ("ingest",)
    small_disk: bool = False
    """Whether the database has little room on its disk."""
    patient: bool = False
    """Whether nothing is told missing: where a broker throws away what was read for seconds, tags are silent."""


class House:
    """Servers that all runs share, as durable as in production; each starts when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self._brokers: dict[BrokerName, Broker] = {}
        self._databases: dict[bool, PostgresServer] = {}
        self._numbers = itertools.count(1)

    def broker(self, name: BrokerName) -> Broker:
        """The broker of this name."""
        if name not in self._brokers:
            folder = self.folder / name.replace(" ", "-")
            server = (
                SmallMosquitto(MosquittoPlan(folder=folder)) if name == "small mosquitto" else new_broker(folder, name)
            )
            self._brokers[name] = self._stack.enter_context(running(server))
        return self._brokers[name]

    def database(self, *, small: bool = False) -> PostgresServer:
        """The database server, with a migrated template in it; a small one has little room on its disk."""
        if small not in self._databases:
            server = self._small() if small else new_postgres(self.folder / "postgres", "apache")
            self._databases[small] = self._stack.enter_context(running(server))
            make_template(server)
        return self._databases[small]

    def _small(self) -> PostgresServer:
        folder = self._stack.enter_context(mounted(self.folder / "small", SMALL_MB))
        plan = new_postgres(folder / "postgres", "apache").plan
        return PostgresServer(replace(plan, settings={**plan.settings, **SMALL_LOG}))

    def close(self) -> None:
        """Stop them."""
        self._stack.close()

    def name(self) -> str:
        """A name that no other run has."""
        return f"run_{next(self._numbers)}"


@contextmanager
def house_of(*, keep: bool = False) -> Iterator[House]:
    """A house in a temporary folder, which stays where it is asked for."""
    folder = temporary_folder()
    house = House(folder)
    try:
        yield house
    finally:
        house.close()
        if keep:
            sys.stderr.write(f"kept: {folder}\n")
        else:
            remove(folder)


def make_template(server: PostgresServer) -> None:
    """A database at the newest schema, to be copied."""
    administer(server, "CREATE DATABASE {}", TEMPLATE)
    asyncio.run(migrate(server.url_of(TEMPLATE)))


def administer(server: PostgresServer, statement: str, *names: str) -> None:
    """Do something to a server's databases."""
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@dataclass(kw_only=True)
class Stage:
    """Everything that a fault may break, and everything that looks on."""

    seed: int
    site: str
    folder: Path
    broker: Broker
    database: PostgresServer
    database_url: str
    broker_link: Proxy
    database_link: Proxy
    service: Service
    watch: Watch
    world: World
    oracle: Oracle
    feed: Feed
    judge: Judge
    verdict: Verdict
    hurt_s: float = 0.0

    def __post_init__(self) -> None:
        """Draw from the seed."""
        self.rng = random.Random(self.seed)
        self.patience_s = GIVEN_UP_S if self.verdict.cls == "B" else STORED_S_MAX
        """Where nothing of what is outstanding has come for so long, nothing more will."""

    def pause(self, least_s: float, most_s: float) -> None:
        """Wait for a random time."""
        time.sleep(self.rng.uniform(least_s, most_s))

    def hurt(self) -> None:
        """The fault strikes now."""
        self.hurt_s = time.monotonic()
        self.watch.expect_trouble()

    def until(self, true: Callable[[], bool], limit_s: float) -> bool:
        """Wait for something to come true; whether it did."""
        ends = time.monotonic() + limit_s
        while not (came := true()) and time.monotonic() < ends:
            time.sleep(POLL_S)
        return came

    def must(self, what: str, *, hold: bool) -> None:
        """Note what a fault asks for besides."""
        if not hold:
            self.verdict.broken.append(what)


def bring_back(server: Server) -> None:
    """Start a server again that was killed or stopped."""
    server.prepare()
    server.start()
    server.wait_ready()


@contextmanager
def fresh_database(house: House, server: PostgresServer) -> Iterator[str]:
    """A copy of the template, gone afterwards: its name."""
    name = house.name()
    administer(server, f"CREATE DATABASE {{}} TEMPLATE {TEMPLATE}", name)
    try:
        yield name
    finally:
        if server.child.running:
            administer(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@contextmanager
def staged(fault: Fault, seed: int, house: House) -> Iterator[Stage]:
    """Set the stage; the service is not started yet, the readers are connected and silent."""
    with ExitStack() as stack:
        broker, database = house.broker(fault.broker), house.database(small=fault.small_disk)
        name = stack.enter_context(fresh_database(house, database))
        url, site = database.url_of(name), own(fault.id.lower())
        asyncio.run(_save_plan(url, plan(site, PATIENT_S if fault.patient else MISSING_S)))
        broker_link = stack.enter_context(proxy_of(broker.port, seed))
        database_link = stack.enter_context(proxy_of(database.port, seed))
        folder = house.folder / site
        folder.mkdir()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        told = {
            "TALLYPORT_DATABASE_URL": through(url, database_link),
            "TALLYPORT_MQTT_URL": through(broker.url, broker_link),
            "TALLYPORT_SITES": site,
            "TALLYPORT_DATA_DIR": str(folder),
            "TALLYPORT_CHECKPOINT_EVERY_S": "2",
            **fault.told,
        }
        service = Service(fault.module, told, house.folder / "log" / f"{site}.log")
        stack.callback(service.kill)
        watch = Watch(service)
        service.told["TALLYPORT_INGEST_METRICS_PORT"] = str(watch.metrics_port)
        world, oracle = World(seed), Oracle()
        yield Stage(
            seed=seed,
            site=site,
            folder=folder,
            broker=broker,
            database=database,
            database_url=url,
            broker_link=broker_link,
            database_link=database_link,
            service=service,
            watch=watch,
            world=world,
            oracle=oracle,
            feed=stack.enter_context(feeding(world, oracle, broker.url, site)),
            judge=Judge(url, site),
            verdict=Verdict(id=fault.id, cls=fault.cls, seed=seed, broker=fault.broker),
        )


def through(url: str, proxy: Proxy) -> str:
    """The same address, by way of a proxy."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition(":")[0] + f":{proxy.port}"))


async def _save_plan(url: str, site: Site) -> None:
    async with open_store(url, role="api") as store:
        await store.save_site(site)
