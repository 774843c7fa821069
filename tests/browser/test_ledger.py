"""The loss ledger in a real browser: real figures after real messages, and a sign that nobody overlooks."""

import asyncio
import json
import time
from typing import Any

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.page import PHONE, WAIT_MS, LiveMap
from tests.stack import Stack, native_reads

pytestmark = pytest.mark.slow
EPC = "3034257BF7194E4000001B01"
TOPIC = "tallyport/v1/hall/native-1/reads"
COLUMNS = ("published", "stored", "repeats", "late", "quarantined", "lost", "difference")


async def native_row(hall: Stack) -> dict[str, Any]:
    """What the service says of the native reader."""
    found = await hall.client.get("/sites/hall/ledger", reader="native-1")
    row: dict[str, Any] = found["items"][0]
    return row


async def shown(live: LiveMap, row: str) -> list[int]:
    """The figures of a row of the page's table."""
    return [int(cell.replace(",", "")) for cell in await live.part(row).locator("td").all_inner_texts()]


async def test_ledger_shows_what_became_of_messages(hall: Stack, browser: Browser) -> None:
    """Reads, a message told twice and one that nobody can read each come to their account; keys open and close it."""
    before = await native_row(hall)
    message = native_reads(EPC, times=4)
    for payload in (message, message, "{"):
        await hall.publish(TOPIC, payload)
    ends, now = time.monotonic() + WAIT_MS / 1_000, before
    while now["published"] < before["published"] + 5 and time.monotonic() < ends:
        await asyncio.sleep(0.2)
        now = await native_row(hall)
    live = await LiveMap.open(browser, hall.client.base_url, hall.client.token)
    await live.page.keyboard.press("l")
    await expect(live.part("ledger-verdict")).to_contain_text("Every read is accounted for", timeout=WAIT_MS)
    figures = await shown(live, "ledger-native-1")
    total = await shown(live, "ledger-total")
    await live.page.keyboard.press("Escape")
    await expect(live.part("ledger-dialog")).to_have_count(0)
    problems = live.problems
    await live.close()

    assert [now[name] - before[name] for name in ("published", "quarantined", "resent", "difference")] == [5, 1, 4, 0]
    assert figures == [now[name] for name in COLUMNS]
    assert figures[0] == sum(figures[1:])
    assert total[0] >= figures[0]
    assert problems == []


async def test_ledger_that_does_not_close_says_what_to_do(hall: Stack, browser: Browser) -> None:
    """On a phone too the reader is named, with what to keep and report; its name leads to the reader."""

    async def opened(route: Route) -> None:
        found = await (await route.fetch()).json()
        found["items"][0] |= {"closes": False, "difference": 3}
        await route.fulfill(body=json.dumps(found), content_type="application/json")

    live = await LiveMap.open(browser, hall.client.base_url, hall.client.token, viewport=PHONE)
    await live.page.route("**/ledger?*", opened)
    await live.part("open-ledger").click()
    await expect(live.part("ledger-verdict")).to_contain_text("does not close", timeout=WAIT_MS)
    await expect(live.part("ledger-verdict")).to_contain_text("tallyport ledger --json")
    width = await live.page.evaluate("() => document.documentElement.scrollWidth")
    box = await live.part("ledger-dialog").bounding_box()
    await live.part("ledger-dialog").locator("tbody button").first.click()
    await expect(live.part("reader-health")).to_be_visible()
    await live.close()

    assert width == PHONE["width"]
    assert box is not None
    assert box["width"] <= PHONE["width"]
