"""The readers: their health, their loss ledger, and those that wait for approval."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.access import Access, Change, Db, GuardedRoute, Inspecting, Reading, may_at_site
from api.problem import Problem
from api.roles import Act
from api.values import Everything, Moment, Page, Pages, Strict, Text, decode_cursor, page_of
from core.store.views_documents import write_audit
from core.store.views_site import LEDGER, forget_pending, list_pending, list_readers

router = APIRouter(prefix="/api/v1/sites/{site}", route_class=GuardedRoute, tags=["readers"])
Deciding = Annotated[Access, Depends(may_at_site(Act.APPROVE))]


class ReaderAntenna(BaseModel):
    """One antenna; down is what the reader last said of it."""

    port: int
    x: float
    y: float
    zone: str
    down: bool


class Ledger(BaseModel):
    """What became of everything that arrived: received = stored + repeats + late."""

    messages: int
    received: int = Field(description="Reads in messages that parsed.")
    stored: int
    repeats: int = Field(description="Seen a moment ago by the same antenna.")
    late: int = Field(description="Too late to move a live position; kept as history.")
    quarantined: int = Field(description="Refused: an impossible time or EPC, or a message that did not parse.")
    ignored: int = Field(description="Messages that are legal and carry nothing for us.")
    gaps: int = Field(description="Numbers that the reader skipped: made there, never here.")
    purged: int = Field(description="Reads that the reader says it threw away.")


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


class ReaderLedger(Ledger):
    """One reader's ledger; closes says whether every read is accounted for."""

    reader: str
    closes: bool


class SiteLedger(BaseModel):
    """The loss ledger of a site."""

    items: list[ReaderLedger]
    total: Ledger
    closes: bool = Field(description="Whether every read that arrived is accounted for.")


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
    """Which of them is turned away."""

    topic: Text


@router.get("/readers")
async def readers(at: Reading, db: Db) -> Everything[Reader]:
    """List the readers with their health and their ledger."""
    return Everything(items=[Reader(**row) for row in await list_readers(db, at.site_id)])


@router.get("/ledger")
async def ledger(at: Reading, db: Db) -> SiteLedger:
    """Show what became of all reads that arrived, reader by reader."""
    rows = await list_readers(db, at.site_id)
    items = [ReaderLedger(reader=row["id"], closes=_closes(row["ledger"]), **row["ledger"]) for row in rows]
    total = {name: sum(row["ledger"][name] for row in rows) for name in LEDGER}
    return SiteLedger(items=items, total=Ledger(**total), closes=all(item.closes for item in items))


@router.get("/pending-readers", response_model=Page[PendingReader])
async def pending_readers(at: Inspecting, db: Db, page: Pages) -> dict[str, Any]:
    """List readers that publish and that nobody has registered."""
    (after,) = decode_cursor(page.cursor, str)
    rows = await list_pending(db, at.site, limit=page.limit + 1, after=after)
    for row in rows:
        row["sample"] = bytes(row["sample"]).decode("utf-8", "replace")[:1_000].replace("\0", "�")
    return page_of(rows, page.limit, ("topic",))


@router.post("/pending-readers/reject", status_code=204)
async def reject(at: Deciding, decision: PendingDecision, db: Change) -> None:
    """Turn a waiting reader away; it comes back to the list if it goes on publishing."""
    row = await forget_pending(db, at.site, decision.topic)
    if row is None:
        raise Problem(404, "no reader waits under this topic; GET pending-readers lists them")
    await write_audit(db, actor=at.token.name, act="reader.reject", subject=decision.topic, site=at.site)


def _closes(row: dict[str, int]) -> bool:
    return row["received"] == row["stored"] + row["repeats"] + row["late"]
