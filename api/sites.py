"""The warehouses and their floor plans."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import Caller, Db, GuardedRoute, Reading
from api.auth import check_may
from api.roles import Act
from api.values import Everything
from core.store.views_site import list_sites, site_plan

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["sites"])
site_router = APIRouter(prefix="/api/v1/sites/{site}", route_class=GuardedRoute, tags=["sites"])


class SiteSummary(BaseModel):
    """One warehouse."""

    id: str
    name: str
    timezone: str
    width_m: float
    height_m: float


class Zone(BaseModel):
    """A part of the floor; polygon is its corners in metres."""

    index: int = Field(description="What live frames call it.")
    id: str
    name: str
    kind: str
    polygon: list[tuple[float, float]]
    capacity: int | None
    retired: bool = Field(description="No longer on the plan; history points at it.")
    tags_present: int


class ReadPoint(BaseModel):
    """A reader with one of its antennas; antenna 0 is the reader as a whole."""

    index: int = Field(description="What live frames call it.")
    reader: str
    antenna: int
    x: float
    y: float
    zone: str


class Door(BaseModel):
    """A way out of the building."""

    id: str
    name: str
    zone: str
    kind: str


class Sensor(BaseModel):
    """An IoT sensor and its place."""

    id: str
    reader: str
    quantity: str
    x: float
    y: float


class SitePlan(SiteSummary):
    """A warehouse with everything that stands in it."""

    version: int = Field(description="Grows with every change to the plan.")
    zones: list[Zone]
    read_points: list[ReadPoint]
    doors: list[Door]
    sensors: list[Sensor]


@router.get("/sites")
async def sites(db: Db, caller: Caller) -> Everything[SiteSummary]:
    """List the warehouses that the token is for."""
    check_may(caller, Act.READ)
    rows = [SiteSummary(**row) for row in await list_sites(db) if caller.covers(row["id"])]
    return Everything(items=rows)


@site_router.get("", response_model=SitePlan)
async def site(at: Reading, db: Db) -> dict[str, Any]:
    """Show the floor plan of one warehouse."""
    return await site_plan(db, at.site)


@site_router.get("/zones")
async def zones(at: Reading, db: Db) -> Everything[Zone]:
    """List the zones with the tags present in each."""
    return Everything(items=[Zone(**row) for row in (await site_plan(db, at.site))["zones"]])


@site_router.get("/read-points")
async def read_points(at: Reading, db: Db) -> Everything[ReadPoint]:
    """List the read points."""
    return Everything(items=[ReadPoint(**row) for row in (await site_plan(db, at.site))["read_points"]])
