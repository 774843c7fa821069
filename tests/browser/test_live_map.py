"""What a person on the floor sees in a real browser, in front of the whole service."""

import asyncio
from collections.abc import Callable

import pytest
from playwright.async_api import Browser, expect

from tests.browser.page import PHONE, WAIT_MS, LiveMap
from tests.stack import Stack, impinj_read, native_reads, zebra_read

pytestmark = pytest.mark.slow
EPC = "3034257BF7194E4000001A85"
TRAVELLER = "3034257BF7194E4000001A86"
HEARD_TIMES, HEARD_EVERY_S = 5, 1.1
TOPIC = "tallyport/v1/hall/native-1/reads"


@pytest.fixture
def link(hall: Stack) -> tuple[str, str]:
    """The address of the page and a token, as the service prints them."""
    return hall.client.base_url, hall.client.token


async def test_live_map_when_a_reader_hears_a_tag(hall: Stack, browser: Browser, link: tuple[str, str]) -> None:
    """A read that comes over MQTT becomes a tag on the map, which can be found by its EPC; nothing breaks the CSP."""
    live = await LiveMap.open(browser, *link)
    await hall.publish(TOPIC, native_reads(EPC, times=4))
    await expect(live.part("zone-west")).not_to_have_attribute("aria-label", "West: 0 tags", timeout=WAIT_MS)
    await live.find(EPC)
    await expect(live.part("tag-epc")).to_have_text(EPC)
    await expect(live.part("tag-zone")).to_contain_text("West")
    count = await live.zone_count("west")
    problems = live.problems
    await live.close()

    assert count >= 1
    assert problems == []


async def test_live_map_when_readers_of_three_makes_hear_a_tag(
    hall: Stack, browser: Browser, link: tuple[str, str]
) -> None:
    """A tag moves on the map as a native, then a Zebra, then an Impinj reader tells of it."""
    live = await LiveMap.open(browser, *link)
    await _hear(hall, TOPIC, lambda _: native_reads(TRAVELLER))
    tag_id = (await hall.client.get(f"/sites/hall/tags/{TRAVELLER}"))["tag_id"]
    west = await live.wait_for_zone(tag_id, "west")
    await _hear(hall, "zebra/zebra-1/data", lambda n: zebra_read(TRAVELLER, n))
    middle = await live.wait_for_zone(tag_id, "middle")
    await _hear(hall, "impinj/impinj-1/events", lambda _: impinj_read(TRAVELLER))
    east = await live.wait_for_zone(tag_id, "east")
    await live.close()

    assert west.screen[0] < middle.screen[0] < east.screen[0]


async def _hear(hall: Stack, topic: str, message: Callable[[int], str]) -> None:
    """Let a reader tell of a tag for some seconds, as one does while the tag stands before it."""
    for n in range(HEARD_TIMES):
        await hall.publish(topic, message(n))
        await asyncio.sleep(HEARD_EVERY_S)


async def test_live_map_keeps_the_token_out_of_the_address(browser: Browser, link: tuple[str, str]) -> None:
    """The printed link signs in, and its token leaves the address bar; a reload stays signed in."""
    live = await LiveMap.open(browser, *link)
    address = live.page.url
    await live.page.reload()
    await live.page.wait_for_selector("[data-link=live]", timeout=WAIT_MS)
    await live.close()

    assert link[1] not in address


async def test_sign_in_with_a_bad_token(browser: Browser, link: tuple[str, str]) -> None:
    """A token that isn't valid is said to be so, and the form takes a whole link instead."""
    url, token = link
    page = await browser.new_page()
    await page.goto(f"{url}/#token=wrong")
    await expect(page.get_by_test_id("sign-in-error")).to_contain_text("isn't valid", timeout=WAIT_MS)
    await page.locator("#token").fill(f"{url}/#token={token}")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("map")).to_be_visible(timeout=WAIT_MS)
    await page.close()


async def test_live_map_on_a_phone(browser: Browser, link: tuple[str, str]) -> None:
    """Nothing is wider than a phone of 360 pixels, and what one touches is 44 pixels high."""
    live = await LiveMap.open(browser, *link, viewport=PHONE)
    width = await live.page.evaluate("() => document.documentElement.scrollWidth")
    tabs = await live.part("tab-zones").bounding_box()
    await live.close()

    assert width == PHONE["width"]
    assert tabs is not None
    assert tabs["height"] >= 44
