"""
What the tags are: products bind to tags by GTIN, and the stock is counted anew in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import errors

from core.errors import TallyportError
from core.store.connection import Connection
from core.store.queries import QUERIES
from core.store.texts import fit_text
from core.store.writer import STOCK_ROOM


@dataclass(frozen=True, slots=True, kw_only=True)
class StockDifference:
    """A stock level that is not what a recount over the positions gives."""

    sku: str
    zone_no: int
    disposition: str
    owner: str
    stored: int
    counted: int


class GtinTaken(TallyportError):
    """Two products can't have one GTIN: a tag would count for both."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"another product has this GTIN: {detail} Take it from that product first")


async def upsert_products(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """
    Add or change products, {sku, gtin, name, unit_value, owner}; how many tags now count for another product.

    In the caller's transaction. Steps wait: they move the stock that is counted anew here. Raises GtinTaken.
    """
    for (row_id,) in await (await conn.execute("SELECT site_id FROM site ORDER BY site_id")).fetchall():
        await conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (STOCK_ROOM, row_id))
    try:
        async with conn.cursor() as cursor:
            await cursor.executemany(QUERIES["upsert_product"], [_params(row) for row in rows])
    except errors.UniqueViolation as exc:
        raise GtinTaken(exc.diag.message_detail or "") from exc
    rebound = await (await conn.execute(QUERIES["rebind_tags"])).fetchall()
    sites = [site for (site,) in rebound]
    for site in sorted(set(sites)):
        await conn.execute(QUERIES["delete_stock"], {"site_id": site})
        await conn.execute(QUERIES["rebuild_stock"], {"site_id": site})
    return len(sites)


async def recount_stock(conn: Connection, site_id: str) -> list[StockDifference]:
    """Where the stock is not what the positions say; empty when all is well. In the caller's transaction."""
    cursor = await conn.execute(QUERIES["recount_stock"], {"id": site_id})
    return [
        StockDifference(sku=sku, zone_no=zone, disposition=disposition, owner=owner, stored=stored, counted=counted)
        for sku, zone, disposition, owner, stored, counted in await cursor.fetchall()
    ]


def _params(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sku": fit_text(row["sku"]),
        "gtin": row.get("gtin") or None,
        "name": fit_text(row.get("name") or row["sku"]),
        "unit_value": row.get("unit_value"),
        "owner": fit_text(row.get("owner") or ""),
    }
