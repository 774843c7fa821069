"""
The servers that we start ourselves: they answer, they keep what they promised, and they end with us.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from core.settings import Settings
from tallyport.services import ServiceFailed, data_home, running_services
from tallyport.services.account import Account, reachable, reachable_home
from tallyport.services.mosquitto import MosquittoServer
from tallyport.services.nats import NatsServer
from tallyport.services.postgres import PostgresPlan, PostgresServer, choose_installation
from tallyport.services.process import port_answers, process_exists
from tests.servers import EditionName, installation, new_broker, new_postgres, remove, running, temporary_folder

NOBODY = Account("nobody", 65534, 65534)

HOLD_SERVICES = """
import asyncio, sys
from pathlib import Path
from core.settings import Settings
from tallyport.services import running_services

async def main():
    async with running_services(Settings(data_dir=Path(sys.argv[1]))) as services:
        print(services.database_url, services.mqtt_url, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of this test's own that every user may enter."""
    made = temporary_folder()
    yield made
    remove(made)


def contents(folder: Path) -> list[Path]:
    """Everything that stands in a folder."""
    return sorted(folder.rglob("*"))


def answer(url: str, statement: str) -> object:
    """The first column of the first row."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]


def perform(url: str, statement: str) -> None:
    """Run a statement that answers nothing."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_database_fixture_is_of_its_edition(empty_database_url: str, edition: EditionName) -> None:
    """
    The edition named apache has TimescaleDB under the Apache licence; the one named postgres has none.
    """
    available = answer(empty_database_url, "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'")
    assert available == (1 if edition == "apache" else 0)
    if edition == "apache":
        perform(empty_database_url, "CREATE EXTENSION timescaledb")
        assert answer(empty_database_url, "SHOW timescaledb.license") == "apache"


def test_broker_fixture_answers(mqtt_url: str) -> None:
    """
    The broker's address leads to an open port of loopback.
    """
    host, port = mqtt_url.rsplit("@", 1)[-1].removeprefix("mqtt://").split(":")
    assert host == "127.0.0.1"
    assert port_answers(int(port))


async def test_services_keep_their_data_from_run_to_run(folder: Path) -> None:
    """
    What was written in one run is there in the next, on whichever port.
    """
    settings = Settings(data_dir=folder)
    async with running_services(settings) as services:
        perform(services.database_url, "CREATE TABLE kept AS SELECT 42 AS n")
    async with running_services(settings) as services:
        assert answer(services.database_url, "SELECT n FROM kept") == 42


async def test_services_that_are_given_are_used(folder: Path) -> None:
    """
    Nothing is started, and nothing written, where both addresses are given.
    """
    given = Settings(data_dir=folder, database_url="postgresql://db.invalid/x", mqtt_url="mqtt://mq.invalid:1883")
    async with running_services(given) as services:
        assert (services.database_url, services.mqtt_url) == (given.database_url, given.mqtt_url)
    assert contents(folder) == []


async def test_services_ask_for_a_password(folder: Path) -> None:
    """
    Another user of the machine gets into neither server of ours without the password.
    """
    async with running_services(Settings(data_dir=folder)) as services:
        bare = services.database_url.replace(services.database_url.split(":")[2].split("@")[0], "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            answer(bare, "SELECT 1")
        assert "@" in services.mqtt_url
    private = [path for path in contents(folder) if "password" in path.name]
    assert len(private) == 2
    assert {path.stat().st_mode & 0o077 for path in private} == {0}


def test_services_end_when_their_parent_is_killed(folder: Path) -> None:
    """
    Kill -9 of Tallyport leaves no server behind, and the next run starts on the same files.
    """
    command = [sys.executable, "-c", HOLD_SERVICES, str(folder)]
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:  # noqa: S603
            assert parent.stdout is not None
            assert parent.stdout.readline().startswith("postgresql://")
            postgres = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
            nats = int((folder / "nats" / "nats.pid").read_text())
            parent.kill()
        deadline = time.monotonic() + 20
        while process_exists(postgres, "postgres") or process_exists(nats, "nats-server"):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_postgres_recovers_from_a_hard_stop(own_postgres: PostgresServer) -> None:
    """
    A killed server starts again on its folder, stale pid file and all, and has what was committed.
    """
    perform(own_postgres.url, "CREATE TABLE kept AS SELECT 42 AS n")
    own_postgres.child.kill()
    own_postgres.prepare()
    own_postgres.start()
    own_postgres.wait_ready()
    assert answer(own_postgres.url, "SELECT n FROM kept") == 42


async def test_services_bring_back_a_server_that_was_killed(folder: Path) -> None:
    """
    A server that ends by itself is started again on the same port.
    """
    async with running_services(Settings(data_dir=folder)) as services:
        postmaster = folder / "postgres" / "postmaster.pid"
        first = int(postmaster.read_text().splitlines()[0])
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(30):
            while True:
                await asyncio.sleep(0.2)
                try:
                    assert answer(services.database_url, "SELECT 42") == 42
                    break
                except psycopg.OperationalError:
                    continue


def test_postgres_in_use_is_one_line(own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A second server on the same folder is refused, with the process that has it and what to do.
    """
    monkeypatch.setattr("tallyport.services.postgres.wait_gone", lambda pid, program: not process_exists(pid, program))
    second = PostgresServer(own_postgres.plan)
    with pytest.raises(ServiceFailed, match=rf"process {own_postgres.child.pid}\) uses .*TALLYPORT_DATA_DIR"):
        second.prepare()


def test_port_in_use_is_one_line(own_broker: NatsServer | MosquittoServer, folder: Path) -> None:
    """
    A port that somebody has is refused before anything is started.
    """
    other = PostgresServer(
        PostgresPlan(folder=folder / "pg", installation=installation("postgres"), port=own_broker.port)
    )
    with pytest.raises(ServiceFailed, match=f"port {own_broker.port} for PostgreSQL is in use"):
        other.prepare()


def test_choose_installation_of_another_version_is_one_line(folder: Path) -> None:
    """
    A data folder of a PostgreSQL that the machine hasn't got is left alone, and the line says what to do.
    """
    (folder / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServiceFailed, match=r"was made by PostgreSQL 9, and this machine has .*move the folder away"):
        choose_installation(folder)


@pytest.mark.parametrize("edition", ["apache", "postgres"], indirect=True)
def test_choose_installation_goes_on_with_what_made_the_folder(folder: Path, edition: EditionName) -> None:
    """
    A folder made without TimescaleDB stays without it, and one made with it needs it.
    """
    server = new_postgres(folder / "pg", edition)
    server.prepare()
    chosen = choose_installation(folder / "pg")
    assert (chosen.major, bool(chosen.timescaledb)) == (server.installation.major, edition == "apache")


def test_last_words_name_what_was_fatal(folder: Path) -> None:
    """
    A server that doesn't start says why in one line.
    """
    broken = new_postgres(folder / "pg", "postgres")
    broken.prepare()
    with (folder / "pg" / "postgresql.conf").open("a") as config:
        config.write("no_such_setting = 1\n")
    broken.start()
    with pytest.raises(ServiceFailed, match=r"PostgreSQL did not start: .*FATAL.*configuration file"):
        broken.wait_ready()


def test_nats_keeps_its_configuration_private(folder: Path) -> None:
    """
    The configuration holds the password, so only its owner reads it.
    """
    with running(new_broker(folder / "nats", "nats")):
        assert (folder / "nats" / "nats.conf").stat().st_mode & 0o077 == 0


def test_reachable_home_of_a_closed_folder_is_elsewhere(folder: Path) -> None:
    """
    A folder that the servers' user can't enter is replaced by one that it can, always the same for the same folder.
    """
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    assert not reachable(closed / "data" / "x", NOBODY)
    moved = reachable_home(closed / "data", NOBODY)
    assert moved == reachable_home(closed / "data", NOBODY)
    assert moved.parent == Path("/var/lib/tallyport")
    assert reachable_home(folder / "open", NOBODY) == folder / "open"


def test_data_home_is_the_settings_folder(folder: Path) -> None:
    """
    Where everybody may enter the folder of the settings, it is used as it is.
    """
    assert data_home(Settings(data_dir=folder)) == folder
