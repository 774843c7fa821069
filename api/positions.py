"""Where everything is now, and what is known of one tag."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.access import Access, Db, GuardedRoute, Reading
from api.alerts import Alert
from api.problem import Problem
from api.products import Product
from api.values import (
    Between,
    EpcFilter,
    EpcPath,
    Filter,
    Moment,
    Page,
    Paging,
    TagId,
    TagStateName,
    decode_cursor,
    page_of,
)
from core.store.alert_stream import list_alerts
from core.store.connection import Connection
from core.store.times import microseconds
from core.store.views_stock import find_product, find_tag, list_movements, list_positions, list_reads

router = APIRouter(prefix="/api/v1/sites/{site}", route_class=GuardedRoute, tags=["positions"])


class Position(BaseModel):
    """Where one tag is; zone is empty where we honestly don't know."""

    tag_id: int
    epc: str
    identity: str = Field(description="The pure identity URI; empty for an opaque EPC.")
    scheme: str
    gtin: str
    sku: str
    name: str = Field(description="The product's.")
    zone: str
    zone_name: str
    state: TagStateName
    disposition: str
    confidence: float = Field(description="The engine's probability for this zone, 0 to 1.")
    x: float
    y: float
    seen_at: Moment
    since_at: Moment = Field(description="Since when zone and state are what they are.")
    reader: str
    antenna: int


class TagDetail(Position):
    """A tag with its product and its open alerts."""

    product: Product | None
    alerts: list[Alert]


class Movement(BaseModel):
    """One settled change of a tag's whereabouts."""

    at: Moment
    tag_id: int
    epc: str
    sku: str
    kind: str = Field(description="appear, move, leave or missing.")
    from_zone: str
    to_zone: str
    reader: str
    antenna: int
    confidence: float


class Read(BaseModel):
    """One kept sighting; null where the reader gave none."""

    seen_at: Moment
    arrived_at: Moment
    late: bool
    reader: str
    antenna: int
    rssi_dbm: float | None
    phase_deg: float | None
    channel_mhz: float | None
    count: int


class PositionQuery(Paging):
    """Which positions; q finds any part of an EPC, an identity, an SKU, a GTIN or a product's name."""

    zone: Filter = None
    sku: Filter = None
    epc: EpcFilter = None
    gtin: Filter = None
    state: TagStateName | None = None
    q: Filter = None


class MovementQuery(Between):
    """Which movements; zone is either end."""

    zone: Filter = None
    kind: Literal["appear", "move", "leave", "missing"] | None = None


@router.get("/positions", response_model=Page[Position])
async def positions(at: Reading, db: Db, query: Annotated[PositionQuery, Query()]) -> dict[str, Any]:
    """List live positions by tag id."""
    (after,) = decode_cursor(query.cursor, int)
    filters = query.model_dump(exclude={"limit", "cursor"})
    rows = await list_positions(db, at.site_id, query.limit + 1, after=after, **filters)
    return page_of(rows, query.limit, ("tag_id",))


@router.get("/movements", response_model=Page[Movement])
async def movements(at: Reading, db: Db, query: Annotated[MovementQuery, Query()]) -> dict[str, Any]:
    """List settled changes of whereabouts, newest first."""
    return await _movements(db, at, query)


@router.get("/tags/by-id/{tag_id}", response_model=TagDetail)
async def tag_by_id(at: Reading, db: Db, tag_id: TagId) -> dict[str, Any]:
    """Show one tag by the number that live frames give it."""
    return await _detail(db, at, tag_id)


@router.get("/tags/{epc}", response_model=TagDetail)
async def tag(at: Reading, db: Db, epc: EpcPath) -> dict[str, Any]:
    """Show one tag by its EPC."""
    return await _detail(db, at, await _tag_id(db, at, epc))


@router.get("/tags/{epc}/movements", response_model=Page[Movement])
async def tag_movements(at: Reading, db: Db, epc: EpcPath, query: Annotated[MovementQuery, Query()]) -> dict[str, Any]:
    """List where a tag went, newest first."""
    return await _movements(db, at, query, await _tag_id(db, at, epc))


@router.get("/tags/{epc}/reads", response_model=Page[Read])
async def tag_reads(at: Reading, db: Db, epc: EpcPath, query: Annotated[Between, Query()]) -> dict[str, Any]:
    """List a tag's kept reads, newest first; those of the last 48 hours if `since` does not say more."""
    tag_id = await _tag_id(db, at, epc)
    names = ("after_us", "after_point", "after_raw")
    after = dict(zip(names, decode_cursor(query.cursor, int, int, int), strict=True))
    rows = await list_reads(db, at.site_id, tag_id, query.limit + 1, since=query.since, until=query.until, **after)
    for row in rows:
        row["seen_us"] = microseconds(row["seen_at"])
    return page_of(rows, query.limit, ("seen_us", "read_point_no", "raw_us"))


async def _tag_id(db: Connection, at: Access, epc: str) -> int:
    row = await find_tag(db, at.site_id, epc=epc.upper())
    if row is None:
        raise Problem(404, "this tag has never been seen at this site")
    return int(row["tag_id"])


async def _detail(db: Connection, at: Access, tag_id: int) -> dict[str, Any]:
    rows = await list_positions(db, at.site_id, 1, tag_id=tag_id)
    if not rows:
        raise Problem(404, "this tag has never been seen at this site")
    row = rows[0]
    product = await find_product(db, row["sku"]) if row["sku"] else None
    alerts = await list_alerts(db, at.site_id, 100, epc=row["epc"], open=True)
    return {**row, "product": product, "alerts": alerts}


async def _movements(db: Connection, at: Access, query: MovementQuery, tag_id: int | None = None) -> dict[str, Any]:
    names = ("after_us", "after_tag", "after_seq", "after_kind")
    after = dict(zip(names, decode_cursor(query.cursor, int, int, int, str), strict=True))
    filters = query.model_dump(exclude={"limit", "cursor"})
    rows = await list_movements(db, at.site_id, query.limit + 1, tag_id=tag_id, **filters, **after)
    for row in rows:
        row["at_us"] = microseconds(row["at"])
    return page_of(rows, query.limit, ("at_us", "tag_id", "seq", "kind"))
