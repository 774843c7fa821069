"""
Two ingest processes for one site: one writes, one stands by and takes over.
"""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.integration.ingest_process import kill, launch, ready, start
from tests.integration.ingest_tools import Rig, epc, native, now_us, plan, rig_on, save_plan, settings_for
from tests.integration.mqtt_tools import own

pytestmark = pytest.mark.parametrize("edition", ["apache"], indirect=True)

READS = "SELECT count(*) FROM read WHERE site_id = %(site)s"
EPOCH = "SELECT writer_epoch FROM site WHERE site_id = %(site)s"
OWNERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND objid = (%(site)s)::oid AND classid = 1"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
TAKEN_OVER_S = 10.0


async def see(rig: Rig, n: int) -> None:
    """Publish a read of another tag and wait until it is stored."""
    before = rig.number(READS)
    await rig.publish(rig.topic("native-1"), native([(now_us(), epc(n))]))
    await rig.until(lambda: rig.number(READS) > before)
    assert rig.number(READS) == before + 1


@pytest.mark.slow
async def test_standby_takes_over_from_a_killed_writer(database_url: str, mqtt_url: str, tmp_path: Path) -> None:
    """
    The second process says nothing until the first is killed, then it is ready within ten seconds and reads go on.
    """
    site = own("standby")
    await save_plan(database_url, plan(site))
    settings = settings_for(database_url, mqtt_url, site)
    first = await start(settings, tmp_path)
    second = await launch(settings, tmp_path)
    try:
        with rig_on(settings, site) as rig:
            await see(rig, 1)
            with pytest.raises(TimeoutError):
                await ready(second, 3.0)
            await kill(first)
            await ready(second, TAKEN_OVER_S)
            await see(rig, 2)
            assert rig.number(EPOCH) == 2
    finally:
        await kill(first)
        await kill(second)


@pytest.mark.slow
async def test_writer_that_was_frozen_and_replaced_stands_by(database_url: str, mqtt_url: str, tmp_path: Path) -> None:
    """
    A process that comes back to life after another took its site writes nothing, and takes over when it is its turn.
    """
    site = own("frozen")
    await save_plan(database_url, plan(site))
    settings = settings_for(database_url, mqtt_url, site)
    frozen = await start(settings, tmp_path)
    second = await launch(settings, tmp_path)
    try:
        with rig_on(settings, site) as rig:
            await see(rig, 1)
            os.kill(frozen.pid, signal.SIGSTOP)
            rig.rows(OWNERS)
            await ready(second, TAKEN_OVER_S)
            await see(rig, 2)
            os.kill(frozen.pid, signal.SIGCONT)
            await asyncio.sleep(3.0)
            await see(rig, 3)
            assert rig.number(EPOCH) == 2
            await kill(second)
            await rig.until(lambda: rig.number(EPOCH) == 3, TAKEN_OVER_S)
            await see(rig, 4)
    finally:
        os.kill(frozen.pid, signal.SIGCONT)
        await kill(frozen)
        await kill(second)
