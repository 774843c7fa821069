"""
The real servers that tests run against: each is started when a test first asks for it, and shared by all that follow.
"""

import asyncio
import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Literal, TypeVar

import psycopg
from psycopg import sql

from tallyport.services import Server
from tallyport.services.installation import Installation, embedded, with_timescaledb
from tallyport.services.mosquitto import MosquittoPlan, MosquittoServer
from tallyport.services.mosquitto import program as mosquitto_program
from tallyport.services.nats import NatsPlan, NatsServer
from tallyport.services.nats import program as nats_program
from tallyport.services.postgres import PostgresPlan, PostgresServer
from tallyport.services.process import ServiceFailed

EditionName = Literal["apache", "postgres"]
BrokerKind = Literal["nats", "mosquitto"]
EDITIONS: Final[tuple[EditionName, ...]] = ("apache", "postgres")
BROKERS: Final[tuple[BrokerKind, ...]] = ("nats", "mosquitto")

S = TypeVar("S", bound=Server)

TEMPLATE: Final = "template_tallyport"
# No background workers: their connections would keep a template from being copied.
SMALL: Final = {"shared_buffers": "64MB", "max_connections": "200", "timescaledb.max_background_workers": "0"}
# What a power cut would lose is not what most tests are about.
HASTY: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Servers:
    """All servers of one test run, in one temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self._databases: dict[EditionName, PostgresServer] = {}
        self._brokers: dict[BrokerKind, NatsServer | MosquittoServer] = {}
        self._migrated: set[EditionName] = set()
        self._numbers = itertools.count(1)
        self._dropping = ThreadPoolExecutor(1)
        self._dropped: list[Future[None]] = []

    def database_server(self, edition: EditionName) -> PostgresServer:
        """The shared server of an edition. It forgets what a power cut would take; databases are cheap in it."""
        if edition not in self._databases:
            server = new_postgres(self.folder / f"shared-{edition}", edition, hasty=True)
            self._databases[edition] = self._stack.enter_context(running(server))
        return self._databases[edition]

    def broker(self, kind: BrokerKind) -> NatsServer | MosquittoServer:
        """The shared broker of a kind; tests keep apart by topic and client id."""
        if kind not in self._brokers:
            self._brokers[kind] = self._stack.enter_context(running(new_broker(self.folder / f"shared-{kind}", kind)))
        return self._brokers[kind]

    @contextmanager
    def database(self, edition: EditionName, *, migrated: bool) -> Iterator[str]:
        """
        A database of its own for one test: its address. Dropped when the test is over, whoever is connected; the server
        waits a moment for whom it throws out, and the next test needn't.
        """
        server = self.database_server(edition)
        template = self._template(edition) if migrated else "template0"
        name = f"test_{next(self._numbers)}"
        _administer(server, sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"), name, template)
        try:
            yield server.url_of(name)
        finally:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            self._dropped.append(self._dropping.submit(_administer, server, drop, name))

    def close(self) -> None:
        """Stop all that was started."""
        self._dropping.shutdown()
        self._stack.close()
        for dropped in self._dropped:
            dropped.result()

    def _template(self, edition: EditionName) -> str:
        """The database that has all migrations, made once."""
        if edition not in self._migrated:
            from core.store import migrate  # noqa: PLC0415 - tests of servers alone needn't load the store

            server = self._databases[edition]
            _administer(server, sql.SQL("CREATE DATABASE {}"), TEMPLATE)
            with ThreadPoolExecutor(1) as thread:  # a loop of its own: the test that asks may have one running
                thread.submit(lambda: asyncio.run(migrate(server.url_of(TEMPLATE)))).result()
            self._migrated.add(edition)
        return TEMPLATE


def new_postgres(folder: Path, edition: EditionName, *, hasty: bool = False) -> PostgresServer:
    """A server of an edition, not started yet; as durable as in production unless it may be hasty."""
    settings = SMALL if edition == "apache" else {k: v for k, v in SMALL.items() if "." not in k}
    plan = PostgresPlan(
        folder=folder,
        installation=installation(edition),
        trust=True,
        settings={**settings, **(HASTY if hasty else {})},
    )
    return PostgresServer(plan)


def new_broker(folder: Path, kind: BrokerKind) -> NatsServer | MosquittoServer:
    """A broker of a kind, not started yet."""
    if kind == "nats":
        return NatsServer(NatsPlan(folder=folder, sync_interval="10s"))
    return MosquittoServer(MosquittoPlan(folder=folder))


def installation(edition: EditionName) -> Installation:
    """The PostgreSQL that stands for an edition; the one without TimescaleDB is always there."""
    if edition == "postgres":
        return embedded()
    found = with_timescaledb()
    if found is None:
        raise ServiceFailed("the tests need a PostgreSQL with TimescaleDB: run scripts/services")
    return found


@contextmanager
def running(server: S) -> Iterator[S]:
    """Run a server for as long as the block."""
    server.prepare()
    server.start()
    try:
        server.wait_ready()
        yield server
    finally:
        server.stop()


def temporary_folder() -> Path:
    """A folder that servers can enter which run as another user than we do."""
    folder = Path(tempfile.mkdtemp(prefix="tallyport-tests-"))
    folder.chmod(0o755)
    return folder


def remove(folder: Path) -> None:
    """Delete what the servers left."""
    shutil.rmtree(folder, ignore_errors=True)


def versions() -> list[str]:
    """Which servers the results are about, a line each."""
    timescale = with_timescaledb()
    return [
        f"edition apache: {timescale.title if timescale else 'missing; run scripts/services'}",
        f"edition postgres: {embedded().title}, from its wheel",
        f"broker nats: {_first_line(str(nats_program()), '--version')}",
        f"broker mosquitto: {_mosquitto_version()}",
    ]


def _mosquitto_version() -> str:
    try:
        return _first_line(str(mosquitto_program()), "-h")
    except ServiceFailed as exc:
        return str(exc)


def _first_line(*command: str) -> str:
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    return (said.stdout or said.stderr).splitlines()[0].strip()


def _administer(server: PostgresServer, statement: sql.SQL, *names: str) -> None:
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
        connection.execute(statement.format(*map(sql.Identifier, names)))
