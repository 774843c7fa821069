"""Shipments as a person reads them, and their end."""

from core.store.connection import Connection
from core.store.views import Row, ask, ask_one


async def list_shipments(
    conn: Connection,
    site_id: int,
    limit: int,
    *,
    state: str | None = None,
    reference: str | None = None,
    after: int | None = None,
) -> list[Row]:
    """Shipments, newest first."""
    return await ask(conn, "shipments", site_id=site_id, limit=limit, state=state, reference=reference, after=after)


async def find_shipment(conn: Connection, site_id: int, reference: str) -> Row | None:
    """One shipment with its items in `epcs`."""
    rows = await list_shipments(conn, site_id, 1, reference=reference)
    if not rows:
        return None
    return {**rows[0], "epcs": await ask(conn, "shipment_items", shipment_id=rows[0]["shipment_id"])}


async def door_exists(conn: Connection, site_id: int, door: str) -> bool:
    """Whether the site has this door."""
    return await ask_one(conn, "door_exists", site_id=site_id, door=door) is not None


async def end_shipment(conn: Connection, site_id: int, reference: str, state: str) -> bool:
    """Close or cancel an open shipment; False where it is not open."""
    return await ask_one(conn, "end_shipment", site_id=site_id, reference=reference, state=state) is not None
