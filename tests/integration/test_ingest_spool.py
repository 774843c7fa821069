"""
While the database takes nothing, what readers publish waits on disk; then it is stored, once and in order.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.integration.ingest_process import kill, start
from tests.integration.ingest_tools import Rig, epc, native, now_us, plan, rig_on, save_plan, settings_for
from tests.integration.mqtt_tools import own

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("edition", ["apache"], indirect=True)]

MESSAGES = 1_200
"""More than Debian's mosquitto holds for a subscriber that acknowledges nothing."""
STORED = (
    "SELECT count(*) FROM (SELECT site_id FROM read UNION ALL SELECT site_id FROM late_read) r WHERE site_id = %(site)s"
)
DIFFERENT = "SELECT count(DISTINCT (tag_id, raw_us)) FROM read WHERE site_id = %(site)s"


@contextmanager
def away(database_url: str) -> Iterator[None]:
    """Keep the line from writing, as a database that is down would."""
    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE read IN ACCESS EXCLUSIVE MODE")
        yield
        blocker.rollback()


async def publish(rig: Rig) -> None:
    """Publish as many messages, each with a read of its own; returns once the broker has them all."""
    topic, start_us = rig.topic("native-1"), now_us()
    await rig.publish(topic, *(native([(start_us + n, epc(n))]) for n in range(MESSAGES)))


def on_disk(path: Path) -> int:
    """How many messages wait on a line's disk."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM message").fetchone()[0])


@pytest.mark.parametrize("killed", [False, True], ids=["alive", "killed"])
async def test_messages_that_come_while_the_database_is_away_are_stored_once(
    *, database_url: str, mqtt_url: str, data_dir: Path, tmp_path: Path, killed: bool
) -> None:
    """
    Every read that the broker took is in the database once, also if the line was killed while it waited.
    """
    site = own("spool")
    await save_plan(database_url, plan(site))
    settings = settings_for(database_url, mqtt_url, site)
    path = data_dir / "spool" / f"{site}.sqlite"
    process = await start(settings, tmp_path)
    try:
        with rig_on(settings, site) as rig:
            with away(database_url):
                await publish(rig)
                await rig.until(lambda: on_disk(path) >= MESSAGES // 2, 60)
                if killed:
                    await kill(process)
            if killed:
                process = await start(settings, tmp_path)
            await rig.until(lambda: rig.number(STORED) >= MESSAGES, 60)
            await rig.until(lambda: on_disk(path) == 0, 60)
            assert on_disk(path) == 0
            ledger = rig.ledger("native-1")
            assert (rig.number(STORED), rig.number(DIFFERENT)) == (MESSAGES, MESSAGES)
            assert (ledger["messages"], ledger["received"], ledger["stored"]) == (MESSAGES, MESSAGES, MESSAGES)
    finally:
        await kill(process)
