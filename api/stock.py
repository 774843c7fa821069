"""How many of each SKU are in each zone."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.access import Db, GuardedRoute, Reading
from api.values import Filter, Page, Paging, decode_cursor, page_of
from core.store.views_stock import list_stock

router = APIRouter(prefix="/api/v1/sites/{site}", route_class=GuardedRoute, tags=["stock"])


class StockLevel(BaseModel):
    """Present tags of one SKU in one zone; zone is empty for those that are not placed."""

    sku: str
    name: str
    zone: str
    zone_name: str
    disposition: str
    owner: str
    quantity: int


class StockQuery(Paging):
    """Which stock."""

    sku: Filter = None
    zone: Filter = None


@router.get("/stock", response_model=Page[StockLevel])
async def stock(at: Reading, db: Db, query: Annotated[StockQuery, Query()]) -> dict[str, Any]:
    """List stock levels by SKU and zone."""
    names = ("after_sku", "after_zone", "after_disposition", "after_owner")
    after = dict(zip(names, decode_cursor(query.cursor, str, int, str, str), strict=True))
    rows = await list_stock(db, at.site_id, query.limit + 1, sku=query.sku, zone=query.zone, **after)
    return page_of(rows, query.limit, ("sku", "zone_no", "disposition", "owner"))
