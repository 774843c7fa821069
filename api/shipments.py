"""What may leave, and through which door."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api import roles
from api.access import Access, Change, Db, GuardedRoute, Reading, may_at_site
from api.problem import Problem
from api.values import (
    Epc,
    Moment,
    Page,
    Paging,
    Reference,
    ReferencePath,
    SiteName,
    Strict,
    decode_cursor,
    page_of,
)
from core.store.audit import Act, append_audit
from core.store.connection import Connection
from core.store.shipments import ShipmentExists, create_shipment
from core.store.views_documents import (
    door_exists,
    end_shipment,
    find_shipment,
    list_shipments,
)

router = APIRouter(prefix="/api/v1/sites/{site}", route_class=GuardedRoute, tags=["shipments"])
ShipmentState = Literal["open", "closed", "cancelled"]
Shipping = Annotated[Access, Depends(may_at_site(roles.Act.SHIP))]
Cancelling = Annotated[Access, Depends(may_at_site(roles.Act.CANCEL_SHIPMENT))]

ITEMS_MAX = 5_000


class ShipmentSummary(BaseModel):
    """A shipment; an empty door means any door."""

    reference: str
    door: str
    state: ShipmentState
    created_at: Moment
    closed_at: Moment | None
    items: int
    items_left: int = Field(description="How many of them have gone through a door.")


class ShipmentItem(BaseModel):
    """One tag of a shipment; left_at is null while it is in the building."""

    epc: str
    left_at: Moment | None


class Shipment(ShipmentSummary):
    """A shipment with its tags."""

    epcs: list[ShipmentItem]


class NewShipment(Strict):
    """What is to leave."""

    reference: Reference
    door: SiteName | None = Field(None, description="The door's id; left out for any door.")
    epcs: list[Epc] = Field(max_length=ITEMS_MAX)


class ShipmentQuery(Paging):
    """Which shipments."""

    state: ShipmentState | None = None


@router.get("/shipments", response_model=Page[ShipmentSummary])
async def shipments(at: Reading, db: Db, query: Annotated[ShipmentQuery, Query()]) -> dict[str, Any]:
    """List shipments, newest first."""
    (after,) = decode_cursor(query.cursor, int)
    rows = await list_shipments(db, at.site_id, query.limit + 1, state=query.state, after=after)
    return page_of(rows, query.limit, ("shipment_id",))


@router.post("/shipments", response_model=Shipment, status_code=201)
async def create(at: Shipping, db: Change, new: NewShipment) -> dict[str, Any]:
    """Open a shipment: its tags may leave now."""
    if new.door is not None and not await door_exists(db, at.site_id, new.door):
        raise Problem(404, f"there is no door {new.door} at this site")
    try:
        await create_shipment(db, at.site, new.reference, new.door or "", new.epcs)
    except ShipmentExists as exc:
        raise Problem(409, str(exc)) from exc
    await _audit(db, at, "shipment.create", new.reference)
    return await _found(db, at, new.reference)


@router.get("/shipments/{reference}", response_model=Shipment)
async def shipment(at: Reading, db: Db, reference: ReferencePath) -> dict[str, Any]:
    """Show one shipment with its tags."""
    return await _found(db, at, reference)


@router.post("/shipments/{reference}/close", response_model=Shipment)
async def close(at: Shipping, db: Change, reference: ReferencePath) -> dict[str, Any]:
    """Say that the shipment has gone: nothing more of it may leave."""
    return await _end(db, at, reference, "closed")


@router.post("/shipments/{reference}/cancel", response_model=Shipment)
async def cancel(at: Cancelling, db: Change, reference: ReferencePath) -> dict[str, Any]:
    """Take the shipment back: its tags may not leave."""
    return await _end(db, at, reference, "cancelled")


async def _end(db: Connection, at: Access, reference: str, state: str) -> dict[str, Any]:
    ended = await end_shipment(db, at.site_id, reference, state)
    found = await _found(db, at, reference)
    if not ended:
        raise Problem(409, f"shipment {reference} is {found['state']} already")
    await _audit(db, at, f"shipment.{state}", reference)
    return found


async def _found(db: Connection, at: Access, reference: str) -> dict[str, Any]:
    row = await find_shipment(db, at.site_id, reference)
    if row is None:
        raise Problem(404, f"there is no shipment {reference} at this site")
    return row


async def _audit(db: Connection, at: Access, act: str, reference: str) -> None:
    await append_audit(db, Act(actor=at.token.name, act=act, subject=reference, site=at.site))
