"""
The doctor says what is wrong, and only that, and what to do about each.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import Settings
from tallyport.doctor import Finding, examine
from tallyport.services.process import free_port
from tests.servers import Servers, remove, temporary_folder


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder of this test's own that every user may enter."""
    made = temporary_folder()
    yield made
    remove(made)


def made_elsewhere(folder: Path) -> None:
    """Put the mark of a very old PostgreSQL into a data folder."""
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("9\n")


def named(findings: list[Finding]) -> dict[str, Finding]:
    """The findings by name; each name once."""
    assert len({one.name for one in findings}) == len(findings)
    return {one.name: one for one in findings}


async def test_examine_healthy_servers(database_url: str, edition: str, mqtt_url: str, open_folder: Path) -> None:
    """
    With a migrated database and a broker that answers, nothing is wrong.
    """
    found = named(
        await examine(
            Settings(database_url=database_url, mqtt_url=mqtt_url, api_port=free_port(), data_dir=open_folder)
        )
    )
    assert [one for one in found.values() if not one.ok] == []
    assert f"edition {edition}" in found["database"].detail
    local = {"python", "numba", "disk", "port"}
    assert set(found) == {*local, "database", "schema", "calibration", "ledger", "clock", "broker"}


async def test_examine_own_servers_names_them(open_folder: Path) -> None:
    """
    Where no address is given, it says which servers of ours would be started.
    """
    found = named(await examine(Settings(api_port=free_port(), data_dir=open_folder)))
    assert found["database"].detail.startswith("our own will be PostgreSQL")
    assert "nats-server" in found["broker"].detail


async def test_examine_what_does_not_answer(open_folder: Path) -> None:
    """
    A database and a broker that don't answer are two findings, each with what to do.
    """
    nobody = free_port()
    settings = Settings(
        database_url=f"postgresql://tallyport@127.0.0.1:{nobody}/tallyport",
        mqtt_url=f"mqtt://127.0.0.1:{nobody}",
        api_port=free_port(),
        data_dir=open_folder,
    )
    wrong = {name: one for name, one in named(await examine(settings)).items() if not one.ok}
    assert set(wrong) == {"database", "broker"}
    assert "TALLYPORT_DATABASE_URL" in wrong["database"].what_to_do
    assert "TALLYPORT_MQTT_URL" in wrong["broker"].what_to_do


async def test_examine_database_without_schema(empty_database_url: str, open_folder: Path) -> None:
    """
    A database that was never migrated is named as such, with the command that does it.
    """
    found = named(await examine(Settings(database_url=empty_database_url, api_port=free_port(), data_dir=open_folder)))
    assert not found["schema"].ok
    assert "tallyport up" in found["schema"].what_to_do


async def test_examine_port_in_use(servers: Servers, open_folder: Path) -> None:
    """
    Something else on the port of the web service is wrong, and the line names the port.
    """
    taken = servers.database_server("postgres").port
    found = named(await examine(Settings(api_port=taken, data_dir=open_folder)))
    assert not found["port"].ok
    assert str(taken) in found["port"].what_to_do


async def test_examine_data_folder_of_another_version(open_folder: Path) -> None:
    """
    A data folder that no server here can open is found before anything is started.
    """
    made_elsewhere(open_folder)
    found = named(await examine(Settings(api_port=free_port(), data_dir=open_folder)))
    assert not found["database"].ok
    assert "PostgreSQL 9" in found["database"].detail
