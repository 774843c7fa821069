"""A browser in front of a whole Tallyport whose readers speak three languages."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from core.site_file import load_site
from tests.servers import Servers, remove, temporary_folder
from tests.stack import Stack, running_stack

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

PLAN = """
[site]
id = "hall"
name = "Hall"
timezone = "Europe/Berlin"
width_m = 45.0
height_m = 12.0

[engine]
reader_offline_after_s = 3600.0

[[zone]]
id = "west"
name = "West"
kind = "storage"
polygon = [[0, 0], [13, 0], [13, 12], [0, 12]]

[[zone]]
id = "middle"
name = "Middle"
kind = "storage"
polygon = [[16, 0], [29, 0], [29, 12], [16, 12]]

[[zone]]
id = "east"
name = "East"
kind = "picking"
polygon = [[32, 0], [45, 0], [45, 12], [32, 12]]

[[reader]]
id = "native-1"
name = "West reader"
format = "native"
antenna = [{port = 1, x = 6.5, y = 6.0, zone = "west"}]

[[reader]]
id = "zebra-1"
name = "Middle reader"
format = "zebra"
topics = ["zebra/zebra-1/data", "zebra/zebra-1/events"]
antenna = [{port = 1, x = 22.5, y = 6.0, zone = "middle"}]

[[reader]]
id = "impinj-1"
name = "East reader"
format = "impinj"
topics = ["impinj/impinj-1/events", "impinj/impinj-1/will"]
antenna = [{port = 1, x = 38.5, y = 6.0, zone = "east"}]
"""


@pytest.fixture(scope="session")
async def hall(servers: Servers) -> AsyncIterator[Stack]:
    """The hall, on TimescaleDB and nats-server."""
    folder = temporary_folder()
    with servers.database("apache", migrated=True) as database_url:
        async with running_stack(database_url, servers.broker("nats").url, load_site(PLAN), folder / "hall") as stack:
            yield stack
    remove(folder)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a screen."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        await chromium.close()
