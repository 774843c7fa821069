"""The live map as a test sees it: sign in, find a tag, read what the page says, take a picture."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

WAIT_MS: Final = 30_000
"""A software renderer on a busy machine is slow to open the map."""
POLL_MS: Final = 150
DESKTOP: Final = ViewportSize(width=1440, height=900)
PHONE: Final = ViewportSize(width=360, height=740)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagOnMap:
    """Where the page draws a tag: zone id, metres on the plan, and pixels from the window's upper left."""

    zone: str
    x: float
    y: float
    seen_us: int
    state: int
    screen: tuple[float, float]


class LiveMap:
    """One browser tab with the live map. `problems` gathers what the page complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)

    @classmethod
    async def open(cls, browser: Browser, url: str, token: str, *, viewport: ViewportSize = DESKTOP) -> "LiveMap":
        """Open a new tab by the printed link, and wait until the map draws."""
        context = await browser.new_context(viewport=viewport)
        live = cls(await context.new_page())
        await live.sign_in(url, token)
        return live

    async def sign_in(self, url: str, token: str) -> None:
        """Follow the link that the service prints."""
        await self.page.goto(f"{url}/#token={token}")
        await self.page.wait_for_selector("[data-testid=map][data-drawing=open]", timeout=WAIT_MS)
        await self.page.wait_for_selector("[data-link=live]", timeout=WAIT_MS)

    def part(self, name: str) -> Locator:
        """The element with this data-testid."""
        return self.page.get_by_test_id(name)

    async def tag(self, tag_id: int) -> TagOnMap | None:
        """Where the tag is drawn right now; None where the page doesn't know it."""
        found: dict[str, Any] | None = await self.page.evaluate("id => window.tallyport?.tag(id) ?? null", tag_id)
        if found is None:
            return None
        found["screen"] = tuple(found["screen"])
        return TagOnMap(**found)

    async def wait_for_zone(self, tag_id: int, zone: str, timeout_ms: float = WAIT_MS) -> TagOnMap:
        """Wait until the map shows the tag in this zone, and has stopped gliding it there."""
        # Not page.wait_for_function: it calls eval in the page, which our content security policy forbids.
        until = time.monotonic() + timeout_ms / 1000
        before: TagOnMap | None = None
        while time.monotonic() < until:
            found = await self.tag(tag_id)
            if found and before and found.zone == zone and (found.x, found.y) == (before.x, before.y):
                return found
            before = found
            await self.page.wait_for_timeout(POLL_MS)
        raise AssertionError(f"tag {tag_id} is not in {zone} on the map: {before}")

    async def number(self, name: str) -> int:
        """A counter of the top bar: tags-present, reads-per-s, tags-missing or alerts-open."""
        text = await self.part(name).inner_text()
        return int(text.replace(",", "").replace("\N{EN DASH}", "0"))

    async def find(self, words: str) -> None:
        """Search, and open the first match."""
        await self.page.keyboard.press("/")
        await self.part("search").fill(words)
        await self.page.wait_for_selector("#found [role=option]", timeout=WAIT_MS)
        await self.page.keyboard.press("Enter")
        await self.part("tag-zone").wait_for(timeout=WAIT_MS)

    async def zone_count(self, zone: str) -> int:
        """How many tags the map says are in a zone."""
        label = await self.part(f"zone-{zone}").get_attribute("aria-label") or ""
        return int(label.rpartition(": ")[2].split()[0])

    async def acknowledge(self, alert_id: int, comment: str = "") -> None:
        """Acknowledge an alert from its card, and wait until the page shows that it is."""
        card = self.part(f"alert-{alert_id}")
        await card.get_by_test_id(f"ack-{alert_id}").click()
        await card.get_by_role("textbox").fill(comment)
        await card.get_by_test_id(f"confirm-{alert_id}").click()
        await expect(card.get_by_text("Acknowledged")).to_be_visible(timeout=WAIT_MS)

    async def picture(self, path: Path) -> Path:
        """Save what the tab shows as a PNG."""
        await self.page.screenshot(path=path)
        return path

    async def close(self) -> None:
        """Close the tab with its session."""
        await self.page.context.close()


async def take_picture(
    browser: Browser, url: str, token: str, path: Path, *, dark: bool = False, viewport: ViewportSize = DESKTOP
) -> Path:
    """Sign in, give the map a moment to fill, and save a PNG of it."""
    context = await browser.new_context(viewport=viewport, color_scheme="dark" if dark else "light")
    live = LiveMap(await context.new_page())
    await live.sign_in(url, token)
    await live.page.wait_for_timeout(3_000)
    await live.picture(path)
    await live.close()
    return path
