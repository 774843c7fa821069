"""Shipments as the exit rule needs them, and the book of who did what."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

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


async def create_shipment(conn: Connection, site_id: int, reference: str, door: str, epcs: Sequence[str]) -> bool:
    """Open a shipment, inside the caller's transaction; False where its reference is taken."""
    row = await ask_one(conn, "insert_shipment", site_id=site_id, reference=reference, door=door)
    if row is None:
        return False
    await ask(conn, "insert_shipment_items", shipment_id=row["shipment_id"], epcs=list(epcs))
    return True


async def end_shipment(conn: Connection, site_id: int, reference: str, state: str) -> bool:
    """Close or cancel an open shipment; False where it is not open."""
    return await ask_one(conn, "end_shipment", site_id=site_id, reference=reference, state=state) is not None


async def write_audit(
    conn: Connection, *, actor: str, act: str, subject: str, site: str = "", detail: Mapping[str, Any] | None = None
) -> None:
    """Note who did what, in the transaction that does it."""
    await ask(conn, "insert_audit", actor=actor, site=site, act=act, subject=subject, detail=Jsonb(dict(detail or {})))
