"""Where things are, where they were, what they did at doors, and how many there are."""

from typing import Any, Final

from core.store.connection import Connection
from core.store.views import Row, ask, ask_one, like

STATES: Final = ("present", "left", "missing")
"""The words for a position's state, by its number."""
_NO_POSITION_FILTER: Final = dict.fromkeys(("after", "tag_id", "epc", "gtin", "sku", "zone", "state", "q"))


async def list_positions(conn: Connection, site_id: int, limit: int, **filters: Any) -> list[Row]:  # noqa: ANN401 - parameters
    """Live positions by tag id; filters are zone, sku, epc, gtin, state (a word), q (any part of a word)."""
    given = {**_NO_POSITION_FILTER, **filters, "q": like(filters.get("q"))}
    if given["state"] is not None:
        given["state"] = STATES.index(given["state"])
    rows = await ask(conn, "positions", site_id=site_id, limit=limit, **given)
    for row in rows:
        row["state"] = STATES[row["state"]]
    return rows


async def find_tag(conn: Connection, site_id: int, *, epc: str | None = None, tag_id: int | None = None) -> Row | None:
    """Find a tag by its EPC or its number."""
    return await ask_one(conn, "tag", site_id=site_id, epc=epc, tag_id=tag_id)


async def list_movements(conn: Connection, site_id: int, limit: int, **filters: Any) -> list[Row]:  # noqa: ANN401 - parameters
    """Settled changes of whereabouts, newest first."""
    return await ask(conn, "movements", site_id=site_id, limit=limit, **filters)


async def list_passages(conn: Connection, site_id: int, limit: int, **filters: Any) -> list[Row]:  # noqa: ANN401 - parameters
    """What tags did at doors, newest first; filters are door, verdict, epc, since and until, of the end."""
    return await ask(conn, "passages", site_id=site_id, limit=limit, **filters)


async def list_reads(conn: Connection, site_id: int, tag_id: int, limit: int, **filters: Any) -> list[Row]:  # noqa: ANN401 - parameters
    """Kept reads of a tag, newest first."""
    return await ask(conn, "reads", site_id=site_id, tag_id=tag_id, limit=limit, **filters)


async def list_stock(conn: Connection, site_id: int, limit: int, **filters: Any) -> list[Row]:  # noqa: ANN401 - parameters
    """How many of each SKU are in each zone."""
    return await ask(conn, "stock", site_id=site_id, limit=limit, **filters)


async def list_sensor_readings(conn: Connection, site_id: int, limit: int, **filters: Any) -> list[Row]:  # noqa: ANN401 - parameters
    """What sensors said, newest first."""
    return await ask(conn, "sensor_readings", site_id=site_id, limit=limit, **filters)


async def list_products(conn: Connection, limit: int, *, after: str | None, q: str | None) -> list[Row]:
    """Products by SKU."""
    return await ask(conn, "products", limit=limit, after=after, q=like(q))


async def find_product(conn: Connection, sku: str) -> Row | None:
    """Find a product."""
    return await ask_one(conn, "product", sku=sku)
