"""
A line that starts while the database is away takes messages in all the same, and stores them when it is there.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from core.errors import StoreUnavailable
from core.mqtt import open_broker
from core.store.views_ledger import reckoned
from ingest.service import run_ingest
from ingest.spool_folder import SpoolFolder
from ingest.standin import session_of
from tallyport.services.process import free_port
from tests.integration.ingest_process import kill, launch, ready, start
from tests.integration.ingest_tools import epc, native, now_us, plan, rig_on, running_line, save_plan, settings_for
from tests.integration.mqtt_tools import own
from tests.integration.test_ingest_spool import on_disk

MESSAGES = 1_200
"""More than Debian's mosquitto holds for a subscriber that acknowledges nothing."""
STORED = "SELECT count(*) FROM read WHERE site_id = %(site)s"
AWAY_S = 15.0
"""Longer than the service asks for."""
EVERYBODY_ELSE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
)
ORDER = "SELECT raw_us FROM read WHERE site_id = %(site)s ORDER BY seq, ctid"


def numbered(n: int) -> bytes:
    """The reader's message of this number, with a read of just now."""
    return native([(now_us(), epc(n))], boot="b", seq=n)


@contextmanager
def closed(database_url: str) -> Iterator[None]:
    """Let nobody in who is not in already, as a database that has not come up yet."""
    name = sql.Identifier(str(conninfo_to_dict(database_url)["dbname"]))
    with psycopg.connect(make_conninfo(database_url, dbname="postgres"), autocommit=True) as server:
        server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        try:
            yield
        finally:
            server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


@pytest.mark.slow
@pytest.mark.parametrize("edition", ["apache"], indirect=True)
@pytest.mark.parametrize("killed", [False, True], ids=["alive", "killed"])
async def test_line_that_starts_without_its_database_loses_nothing(
    *, database_url: str, mqtt_url: str, data_dir: Path, tmp_path: Path, killed: bool
) -> None:
    """
    What comes is on disk and acknowledged before the database answers, and stored afterwards, once and in order.

    Where the process that waits is killed, and the next one waits too, a broker may bring some of it later than newer.
    """
    site = own("standin")
    await save_plan(database_url, plan(site))
    settings = settings_for(database_url, mqtt_url, site)
    path = data_dir / "spool" / f"{site}.sqlite"
    process = await start(settings, tmp_path)
    try:
        with rig_on(settings, site) as rig:
            await rig.publish(rig.topic("native-1"), numbered(0))
            await rig.until(lambda: rig.number(STORED) == 1)
            await kill(process)
            with closed(database_url):
                process = await launch(settings, tmp_path)
                await rig.publish(rig.topic("native-1"), *map(numbered, range(1, MESSAGES + 1)))
                await rig.until(lambda: on_disk(path) >= MESSAGES // 2, 60)
                if killed:
                    await kill(process)
                    process = await launch(settings, tmp_path)
                await rig.until(lambda: on_disk(path) >= MESSAGES, 60)
                assert rig.number(STORED) == 1
            await ready(process)
            await rig.until(lambda: rig.number(STORED) > MESSAGES and on_disk(path) == 0, 60)
            ledger = reckoned(rig.ledger("native-1"))
            times = [row[0] for row in rig.rows(ORDER)]
    finally:
        await kill(process)
    assert killed or times == sorted(times)
    assert (len(times), on_disk(path)) == (MESSAGES + 1, 0)
    names = ("published", "stored", "lost", "awaited", "difference")
    assert [ledger[name] for name in names] == [MESSAGES + 1, MESSAGES + 1, 0, 0, 0]


@pytest.mark.parametrize("broker_kind", ["nats"], indirect=True)
async def test_first_line_of_a_machine_says_that_its_database_is_away(mqtt_url: str) -> None:
    """
    Where nobody has ever listened there is nothing to take in: the settings may be wrong, and a person must look.
    """
    nowhere = f"postgresql://tallyport@127.0.0.1:{free_port()}/tallyport"
    with pytest.raises(StoreUnavailable):
        await run_ingest(settings_for(nowhere, mqtt_url, own("new")))


@pytest.mark.slow
@pytest.mark.parametrize("edition", ["apache"], indirect=True)
@pytest.mark.parametrize("broker_kind", ["nats"], indirect=True)
async def test_service_of_all_sites_outlives_its_database(database_url: str, mqtt_url: str) -> None:
    """
    While nobody can say which sites there are, the lines that run go on, and their reads are stored afterwards.
    """
    site = own("all")
    await save_plan(database_url, plan(site))
    settings = settings_for(database_url, mqtt_url, site)
    with rig_on(settings, site) as rig:
        async with running_line(settings.model_copy(update={"sites": ()})):
            with closed(database_url):
                rig.rows(EVERYBODY_ELSE)
                await rig.publish(rig.topic("native-1"), numbered(1))
                await asyncio.sleep(AWAY_S)
            await rig.until(lambda: rig.number(STORED) == 1)
            assert rig.number(STORED) == 1


@pytest.mark.slow
@pytest.mark.parametrize("edition", ["apache"], indirect=True)
async def test_line_leaves_the_messages_to_another_that_has_the_session(
    database_url: str, mqtt_url: str, data_dir: Path, tmp_path: Path
) -> None:
    """
    Where another machine has become the site's writer, each would end the other's connection: the newcomer yields.
    """
    site = own("yields")
    await save_plan(database_url, plan(site))
    settings = settings_for(database_url, mqtt_url, site)
    folder = SpoolFolder(settings.model_copy(update={"data_dir": data_dir}))
    process = await start(settings, tmp_path)
    try:
        with rig_on(settings, site) as rig:
            await kill(process)
            listened = folder.subscriptions(site)
            with closed(database_url):
                process = await launch(settings, tmp_path)
                async with open_broker(mqtt_url, session_of(settings, site, listened)):
                    await rig.until(lambda: not folder.subscriptions(site), 60)
    finally:
        await kill(process)
    assert (len(listened) > 0, len(folder.subscriptions(site))) == (True, 0)
