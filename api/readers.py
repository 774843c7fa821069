"""The readers: their health, and those that wait for approval."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api import roles
from api.access import Access, Change, Db, GuardedRoute, Inspecting, Reading, may_at_site
from api.ledger import Ledger
from api.problem import Problem
from api.values import (
    WHOLE,
    Everything,
    Moment,
    Page,
    Pages,
    ReaderName,
    SiteName,
    Strict,
    Text,
    decode_cursor,
    page_of,
)
from core import site as plan
from core.store.audit import Act, append_audit
from core.store.connection import Connection
from core.store.pending import NotPending, approve_pending
from core.store.views_site import find_pending, forget_pending, list_pending, list_readers, site_plan

router = APIRouter(prefix="/api/v1/sites/{site}", route_class=GuardedRoute, tags=["readers"])
_NOT_WAITING = "no reader waits under this topic; GET pending-readers lists them"
_FORMATS = frozenset(kind.value for kind in plan.ReaderFormat)
_READER_ID = re.compile("[A-Za-z0-9_-]{1,64}")
Deciding = Annotated[Access, Depends(may_at_site(roles.Act.APPROVE))]


class ReaderAntenna(BaseModel):
    """One antenna; down is what the reader last said of it."""

    port: int
    x: float
    y: float
    zone: str
    down: bool


class Reader(BaseModel):
    """One reader or gateway; online is null until it has been heard."""

    id: str
    name: str
    format: str
    online: bool | None
    online_since: Moment | None
    last_arrived_at: Moment | None
    clock_offset_ms: float
    firmware: str
    antennas: list[ReaderAntenna]
    ledger: Ledger


class PendingReader(BaseModel):
    """A reader that publishes and is not registered: it counts for nothing until a person approves it."""

    topic: str
    reader: str
    format: str = Field(description="Our guess from what it sends.")
    first_arrived_at: Moment
    last_arrived_at: Moment
    messages: int
    sample: str = Field(description="The beginning of a message, as text.")


class PendingDecision(Strict):
    """Which of them is meant."""

    topic: Text


class NewAntenna(Strict):
    """Where an antenna hangs; metres, and degrees counter-clockwise from the x axis."""

    port: Annotated[int, Field(ge=1, le=64), WHOLE]
    x: float = Field(ge=-10_000, le=10_000)
    y: float = Field(ge=-10_000, le=10_000)
    z: float = Field(3.0, ge=0, le=100)
    zone: SiteName = Field(description="The id of the zone that it covers.")
    facing_deg: float | None = Field(None, ge=-360, le=360)
    range_m: float = Field(8.0, gt=0, le=100)


class Approval(PendingDecision):
    """Which reader is let in, and as what; what is left out is taken from what it says of itself."""

    reader: ReaderName | None = Field(None, description="Its id on the plan.")
    name: Text | None = None
    format: Literal["native", "zebra", "impinj"] | None = None
    antennas: list[NewAntenna] = Field(default=[], max_length=64)


@router.get("/readers")
async def readers(at: Reading, db: Db) -> Everything[Reader]:
    """List the readers with their health and their ledger."""
    return Everything(items=[Reader(**row) for row in await list_readers(db, at.site_id)])


@router.get("/pending-readers", response_model=Page[PendingReader])
async def pending_readers(at: Inspecting, db: Db, page: Pages) -> dict[str, Any]:
    """List readers that publish and that nobody has registered."""
    (after,) = decode_cursor(page.cursor, str)
    rows = await list_pending(db, at.site, limit=page.limit + 1, after=after)
    for row in rows:
        row["sample"] = bytes(row["sample"]).decode("utf-8", "replace")[:1_000].replace("\0", "�")
    return page_of(rows, page.limit, ("topic",))


@router.post("/pending-readers/approve", status_code=204)
async def approve(at: Deciding, approval: Approval, db: Change) -> None:
    """Let a waiting reader in: it joins the plan, and what it publishes counts from now on."""
    row = await find_pending(db, at.site, approval.topic)
    if row is None:
        raise Problem(404, _NOT_WAITING)
    await _check_antennas(db, at, approval)
    try:
        await approve_pending(db, at.site, approval.topic, _planned(approval, row))
    except NotPending as exc:
        raise Problem(404, _NOT_WAITING) from exc
    await append_audit(db, Act(actor=at.token.name, act="reader.approve", subject=approval.topic, site=at.site))


@router.post("/pending-readers/reject", status_code=204)
async def reject(at: Deciding, decision: PendingDecision, db: Change) -> None:
    """Turn a waiting reader away; it comes back to the list if it goes on publishing."""
    row = await forget_pending(db, at.site, decision.topic)
    if row is None:
        raise Problem(404, _NOT_WAITING)
    await append_audit(db, Act(actor=at.token.name, act="reader.reject", subject=decision.topic, site=at.site))


def _planned(approval: Approval, row: dict[str, Any]) -> plan.Reader:
    """Make the reader as the plan will have it."""
    reader_id = approval.reader or row["reader"]
    said = approval.format or row["format"]
    if not _READER_ID.fullmatch(reader_id) or said not in _FORMATS:
        raise Problem(409, "the reader does not say clearly who it is: give `reader` and `format`")
    kind = plan.ReaderFormat(said)
    return plan.Reader(
        id=reader_id,
        name=approval.name or reader_id,
        format=kind,
        topics=() if kind is plan.ReaderFormat.NATIVE else (row["topic"],),
        antennas=tuple(plan.Antenna(**antenna.model_dump()) for antenna in approval.antennas),
    )


async def _check_antennas(db: Connection, at: Access, approval: Approval) -> None:
    zones = {zone["id"] for zone in (await site_plan(db, at.site))["zones"] if not zone["retired"]}
    strange = sorted({antenna.zone for antenna in approval.antennas} - zones)
    if strange:
        raise Problem(404, f"there is no zone {strange[0]} at this site")
    ports = [antenna.port for antenna in approval.antennas]
    if len(set(ports)) < len(ports):
        raise Problem(409, "two antennas have the same port")
