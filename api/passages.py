"""What tags did at doors."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.access import Db, GuardedRoute, Reading
from api.values import Between, EpcFilter, Filter, Moment, Page, decode_cursor, page_of
from core.store.times import microseconds
from core.store.views_stock import list_passages

router = APIRouter(prefix="/api/v1/sites/{site}", route_class=GuardedRoute, tags=["passages"])


class Passage(BaseModel):
    """What one tag did at one door, once it was over."""

    opened_at: Moment = Field(description="The first read there.")
    closed_at: Moment = Field(description="The last read there.")
    door: str
    tag_id: int
    epc: str
    sku: str
    verdict: str = Field(
        description="through; static, it stood there; milling, it moved about and stayed; review, too close to call."
    )
    direction: str = Field(description="in, out or none: the way it went, or would have gone if it did.")
    confidence: float = Field(description="How sure the verdict is, 0 to 1.")
    reads: int = Field(description="How many reads decided it.")


class PassageQuery(Between):
    """Which passages; since and until are about their ends."""

    door: Filter = None
    verdict: Literal["static", "milling", "through", "review"] | None = None
    epc: EpcFilter = None


@router.get("/passages", response_model=Page[Passage])
async def passages(at: Reading, db: Db, query: Annotated[PassageQuery, Query()]) -> dict[str, Any]:
    """List what tags did at doors, newest first."""
    names = ("after_us", "after_tag", "after_seq", "after_door")
    after = dict(zip(names, decode_cursor(query.cursor, int, int, int, str), strict=True))
    filters = query.model_dump(exclude={"limit", "cursor"})
    rows = await list_passages(db, at.site_id, query.limit + 1, **filters, **after)
    for row in rows:
        row["closed_us"] = microseconds(row["closed_at"])
    return page_of(rows, query.limit, ("closed_us", "tag_id", "seq", "door"))
