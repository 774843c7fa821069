"""What sensors said, and the messages that did not parse."""

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.access import Db, GuardedRoute, Inspecting, Reading
from api.values import Between, Filter, Moment, Page, Paging, decode_cursor, page_of
from core.store.times import microseconds
from core.store.views_site import list_dead_letters
from core.store.views_stock import list_sensor_readings

router = APIRouter(prefix="/api/v1/sites/{site}", route_class=GuardedRoute, tags=["telemetry"])


class SensorReading(BaseModel):
    """One value from one sensor."""

    seen_at: Moment
    reader: str
    sensor: str
    quantity: str
    value: float


class DeadLetter(BaseModel):
    """A message that did not parse, and why."""

    dead_letter_id: int
    arrived_at: Moment
    reader: str
    topic: str
    reason: str
    payload_base64: str = Field(description="The beginning of the message.")
    payload_bytes: int = Field(description="The length of the whole message.")


class SensorQuery(Between):
    """Which readings."""

    sensor: Filter = None
    quantity: Filter = None


class DeadLetterQuery(Paging):
    """Which messages."""

    reader: Filter = None


@router.get("/sensor-readings", response_model=Page[SensorReading])
async def sensor_readings(at: Reading, db: Db, query: Annotated[SensorQuery, Query()]) -> dict[str, Any]:
    """List what sensors said, newest first."""
    names = ("after_us", "after_sensor", "after_quantity", "after_reader")
    after = dict(zip(names, decode_cursor(query.cursor, int, str, str, str), strict=True))
    filters = query.model_dump(exclude={"limit", "cursor"})
    rows = await list_sensor_readings(db, at.site_id, query.limit + 1, **filters, **after)
    for row in rows:
        row["seen_us"] = microseconds(row["seen_at"])
    return page_of(rows, query.limit, ("seen_us", "sensor", "quantity", "reader"))


@router.get("/dead-letters", response_model=Page[DeadLetter])
async def dead_letters(at: Inspecting, db: Db, query: Annotated[DeadLetterQuery, Query()]) -> dict[str, Any]:
    """List messages that did not parse, newest first."""
    (after,) = decode_cursor(query.cursor, int)
    rows = await list_dead_letters(db, at.site, limit=query.limit + 1, reader=query.reader, after=after)
    for row in rows:
        row["payload_base64"] = base64.b64encode(row.pop("payload")).decode()
    return page_of(rows, query.limit, ("dead_letter_id",))
