"""How many of each SKU are in each zone."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from api.access import Db, GuardedRoute, Reading
from api.values import Cursor, Filter, Limit, Page, decode_cursor, page_of
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


@router.get("/stock", response_model=Page[StockLevel])
async def stock(
    at: Reading, db: Db, sku: Filter = None, zone: Filter = None, limit: Limit = 100, cursor: Cursor = None
) -> dict[str, Any]:
    """List stock levels by SKU and zone."""
    after = decode_cursor(cursor, str, int, str, str)
    names = ("after_sku", "after_zone", "after_disposition", "after_owner")
    rows = await list_stock(
        db, at.site_id, limit + 1, sku=sku, zone=zone, **dict(zip(names, after, strict=True))
    )
    return page_of(rows, limit, ("sku", "zone_no", "disposition", "owner"))
