"""What the warehouse knows to exist."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.access import Caller, Db, GuardedRoute
from api.auth import check_may
from api.roles import Act
from api.values import Filter, Page, Paging, decode_cursor, page_of
from core.store.views_stock import list_products

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["products"])


class Product(BaseModel):
    """One product; unit_value is null where nobody has said it."""

    sku: str
    gtin: str | None
    name: str
    unit_value: float | None
    owner: str


class ProductQuery(Paging):
    """Which products; q finds any part of an SKU, a GTIN or a name."""

    q: Filter = None


@router.get("/products", response_model=Page[Product])
async def products(caller: Caller, db: Db, query: Annotated[ProductQuery, Query()]) -> dict[str, Any]:
    """List products by SKU."""
    check_may(caller, Act.READ)
    (after,) = decode_cursor(query.cursor, str)
    return page_of(await list_products(db, query.limit + 1, after=after, q=query.q), query.limit, ("sku",))
