"""
Shipments as far as the exit rule needs them: which EPCs may leave, and through which door.
"""

from collections.abc import Iterable

from core.errors import TallyportError
from core.model.shipped import ShipmentIndex
from core.store.connection import Connection
from core.store.queries import QUERIES
from core.store.texts import fit_text


class ShipmentExists(TallyportError):
    """A shipment of this reference is already there."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"shipment {reference!r} exists already: choose another reference, or close that one")
        self.reference = reference


async def open_shipments(conn: Connection, site_id: str) -> ShipmentIndex:
    """Every EPC on an open shipment of the site."""
    cursor = await conn.execute(QUERIES["open_shipment_items"], {"id": site_id})
    return ShipmentIndex.of([(epc, door) for epc, door in await cursor.fetchall()])


async def create_shipment(conn: Connection, site_id: str, reference: str, door: str, epcs: Iterable[str]) -> int:
    """Open a shipment, in the caller's transaction; its number. Raises ShipmentExists."""
    params = {"id": site_id, "reference": fit_text(reference), "door": door}
    row = await (await conn.execute(QUERIES["insert_shipment"], params)).fetchone()
    if row is None:
        raise ShipmentExists(reference)
    items = {"shipment_id": row[0], "epcs": sorted({epc.upper() for epc in epcs})}
    await conn.execute(QUERIES["insert_shipment_items"], items)
    return int(row[0])


async def close_shipment(conn: Connection, site_id: str, reference: str) -> bool:
    """Close an open shipment; False where none of this reference is open."""
    cursor = await conn.execute(QUERIES["close_shipment"], {"id": site_id, "reference": fit_text(reference)})
    return cursor.rowcount == 1
