"""
The pictures in the docs: `make screenshots` runs the demo, opens it in Chromium and takes them anew.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.async_api import ViewportSize, async_playwright

from core.settings import Settings
from tallyport.demo.play import DemoOptions, demo_settings, running_demo, running_simulator
from tallyport.services.process import free_port
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.page import PHONE, take_picture
from tests.servers import remove, temporary_folder

DOCS: Final = Path(__file__).parents[2] / "docs" / "pictures"
WATCHED_S: Final = 45.0
"""How long the demo runs before the first picture: tags are placed, something is stolen, an alert is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture of the live map."""

    name: str
    dark: bool
    viewport: ViewportSize


PICTURES: Final = (
    Picture(name="live-map", dark=False, viewport=ViewportSize(width=1440, height=900)),
    Picture(name="live-map-dark", dark=True, viewport=ViewportSize(width=1440, height=900)),
    Picture(name="live-map-phone", dark=False, viewport=PHONE),
)


async def main() -> None:
    """Run the demo and take every picture."""
    DOCS.mkdir(parents=True, exist_ok=True)
    folder = temporary_folder()
    settings = demo_settings(Settings(data_dir=folder, api_port=free_port()))
    options = DemoOptions()
    async with (
        running_demo(settings, options, print) as (running, client),
        running_simulator(running, client, options, print),
        async_playwright() as playwright,
    ):
        await asyncio.sleep(WATCHED_S)
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for picture in PICTURES:
            path = DOCS / f"{picture.name}.png"
            await take_picture(
                browser, running.base_url, client.token, path, dark=picture.dark, viewport=picture.viewport
            )
            print(path)  # noqa: T201 - a script that says what it made
        await browser.close()
    remove(folder)


if __name__ == "__main__":
    asyncio.run(main())
