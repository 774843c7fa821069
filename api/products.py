"""What the warehouse knows to exist."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from api.access import Caller, Db, GuardedRoute, check_may
from api.roles import Act
from api.values import Cursor, Filter, Limit, Page, decode_cursor, page_of
from core.store.views_stock import list_products

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["products"])


class Product(BaseModel):
    """One product; unit_value is null where nobody has said it."""

    sku: str
    gtin: str | None
    name: str
    unit_value: float | None
    owner: str


@router.get("/products", response_model=Page[Product])
async def products(
    caller: Caller, db: Db, q: Filter = None, limit: Limit = 100, cursor: Cursor = None
) -> dict[str, Any]:
    """List products by SKU; q finds any part of an SKU, a GTIN or a name."""
    check_may(caller, Act.READ)
    (after,) = decode_cursor(cursor, str)
    return page_of(await list_products(db, limit + 1, after=after, q=q), limit, ("sku",))
