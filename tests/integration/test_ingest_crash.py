"""A line killed again and again ends where one that was never killed ends."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from core.settings import Settings
from core.store.views_ledger import reckoned, summed
from tests.integration.ingest_process import kill, start
from tests.integration.ingest_tools import Rig, epc, native, now_us, plan, rig_on, save_plan, settings_for
from tests.integration.mqtt_tools import own

KILLS: Final = int(os.environ.get("TALLYPORT_KILLS", "3"))
TAGS: Final = 12
EVERY_S: Final = 0.1
DEDUPE_S: Final = 1.0
SEED: Final = 20_261_121


class Feed:
    """Publishes the same reads to two sites: tags that stand still, and tags that walk from one hall to the other."""

    def __init__(self, rigs: list[Rig]) -> None:
        self._rigs = rigs
        self.sent: set[tuple[str, str, int]] = set()
        self._numbers: Counter[str] = Counter()
        self._newest: dict[str, bytes] = {}
        self.over = asyncio.Event()

    async def run(self) -> None:
        """Publish until it is over; a tag's reads are so far apart that none is a repeat."""
        last: dict[int, float] = {}
        n = 0
        loop = asyncio.get_running_loop()
        while not self.over.is_set():
            n += 1
            tag = n % TAGS
            if loop.time() - last.get(tag, 0.0) >= DEDUPE_S + 0.05:
                last[tag] = loop.time()
                await self._publish(tag, "native-2" if tag % 3 == 0 and (n // 150) % 2 else "native-1")
            await asyncio.sleep(EVERY_S)

    async def _publish(self, tag: int, reader: str) -> None:
        at = now_us()
        self.sent.add((epc(tag), reader, at))
        message = native([(at, epc(tag))], boot="b", seq=self._numbers[reader])
        self._numbers[reader] += 1
        self._newest[reader] = message
        await self._say(reader, message)

    async def say_again(self) -> None:
        """Publish each reader's newest message once more, as one does that got no answer; no flag says that it did."""
        for reader, message in self._newest.items():
            await self._say(reader, message)

    async def _say(self, reader: str, message: bytes) -> None:
        await asyncio.gather(*(rig.publish(rig.topic(reader), message) for rig in self._rigs))


def reads_of(rig: Rig) -> list[tuple[Any, ...]]:
    """Every stored read of a site: EPC, reader, the reader's time."""
    return rig.rows(
        "SELECT t.epc, p.reader, r.raw_us FROM (SELECT site_id, tag_id, read_point_no, raw_us FROM read UNION ALL"
        " SELECT site_id, tag_id, read_point_no, raw_us FROM late_read) r JOIN tag t USING (site_id, tag_id)"
        " JOIN read_point p USING (site_id, read_point_no) WHERE r.site_id = %(site)s"
    )


def counted_of(rig: Rig) -> dict[str, int]:
    """What the loss ledger says of all readers together, but for what brokers and readers send again."""
    total = summed(reckoned(rig.ledger(reader)) for reader in ("native-1", "native-2"))
    return {name: count for name, count in total.items() if name != "resent"}


def late_of(rig: Rig) -> int:
    """Reads that came too late to be folded."""
    return rig.number("SELECT count(*) FROM late_read WHERE site_id = %(site)s")


def state_of(rig: Rig) -> dict[str, list[tuple[Any, ...]]]:
    """
    What a site knows: where each tag is, and how it came there.

    Not when it was last seen: a tag that stands still is told again only every few seconds, counted from what was told.
    """
    positions = rig.rows(
        "SELECT t.epc, z.id, p.state FROM position p JOIN tag t USING (site_id, tag_id)"
        " JOIN zone z USING (site_id, zone_no) WHERE p.site_id = %(site)s ORDER BY 1"
    )
    movements = rig.rows(
        "SELECT m.at, t.epc, m.kind, m.from_zone_no, m.to_zone_no FROM movement m JOIN tag t USING (site_id, tag_id)"
        " WHERE m.site_id = %(site)s ORDER BY 1, 2"
    )
    return {"positions": positions, "movements": movements}


@asynccontextmanager
async def two_lines(database_url: str, mqtt_url: str) -> AsyncIterator[tuple[list[Rig], list[Settings]]]:
    """Two sites on the same plan, one to be killed and one to be left alone."""
    sites = [own("killed"), own("calm")]
    settings = [settings_for(database_url, mqtt_url, site) for site in sites]
    for site in sites:
        await save_plan(database_url, plan(site))
    with rig_on(settings[0], sites[0]) as killed, rig_on(settings[1], sites[1]) as calm:
        yield [killed, calm], settings


@pytest.mark.slow
@pytest.mark.parametrize("edition", ["apache"], indirect=True)
async def test_line_killed_at_random_points_ends_as_an_undisturbed_one(
    database_url: str, mqtt_url: str, tmp_path: Path
) -> None:
    """
    No read is lost, doubled or late; zones, movements and the loss ledger are those of a line that was never killed.

    The ledger has every read that was made, once, also those of messages that came before and after a kill.
    """
    rng = random.Random(SEED)
    async with two_lines(database_url, mqtt_url) as ((killed, calm), (settings_killed, settings_calm)):
        processes = [
            await start(settings_calm, tmp_path),
            await start(settings_killed, tmp_path),
        ]
        feed = Feed([killed, calm])
        feeding = asyncio.create_task(feed.run())
        try:
            for _ in range(KILLS):
                await asyncio.sleep(rng.uniform(0.5, 6.0))
                await kill(processes.pop())
                await feed.say_again()
                processes.append(await start(settings_killed, tmp_path))
            await asyncio.sleep(2.0)
            feed.over.set()
            await feeding
            await killed.until(lambda: len(reads_of(killed)) >= len(feed.sent), 60)
            await killed.until(lambda: state_of(killed) == state_of(calm), 60)
        finally:
            feed.over.set()
            for process in processes:
                await kill(process)
        assert sorted(reads_of(calm)) == sorted(feed.sent)
        assert sorted(reads_of(killed)) == sorted(feed.sent)
        assert (late_of(calm), late_of(killed)) == (0, 0)
        assert state_of(killed) == state_of(calm)
        assert counted_of(killed) == counted_of(calm)
        assert counted_of(killed) == dict.fromkeys(counted_of(killed), 0) | {
            **dict.fromkeys(("messages", "received", "stored", "published"), len(feed.sent)),
            "closes": True,
        }
