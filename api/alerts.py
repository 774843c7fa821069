"""What needs a person, and what the person says."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api import roles
from api.access import Access, Change, Db, GuardedRoute, Reading, may_at_site
from api.problem import Problem
from api.values import AlertId, Between, Comment, EpcFilter, Filter, Moment, Page, Strict, Text, decode_cursor, page_of
from core.store.alert_stream import AlertClosed, AlertNotFound, acknowledge, list_alerts, one_alert, resolve
from core.store.audit import Act, append_audit
from core.store.connection import Connection
from core.store.views import Row

router = APIRouter(prefix="/api/v1/sites/{site}", route_class=GuardedRoute, tags=["alerts"])

AlertState = Literal["open", "acknowledged", "resolved"]
Severity = Literal["critical", "high", "medium", "info"]
Acknowledging = Annotated[Access, Depends(may_at_site(roles.Act.ACKNOWLEDGE))]
Resolving = Annotated[Access, Depends(may_at_site(roles.Act.RESOLVE))]


class Alert(BaseModel):
    """Something that a person must act on, with what caused it."""

    alert_id: int
    rule: str
    subject: str
    severity: Severity
    state: AlertState
    title: str
    advice: str = Field(description="What to do now.")
    zone: str
    tag_id: int | None
    epc: str
    reader: str
    evidence: dict[str, Any]
    raised_at: Moment
    updated_at: Moment
    acknowledged_at: Moment | None
    acknowledged_by: str | None
    resolved_at: Moment | None
    resolved_reason: str | None
    count: int = Field(description="How often the rule said it while the alert was open.")
    version: int


class Acknowledgement(Strict):
    """A word with it, or none."""

    comment: Comment = ""


class Resolution(Strict):
    """Why it is over."""

    reason: Text


class AlertQuery(Between):
    """Which alerts."""

    state: AlertState | None = None
    severity: Severity | None = None
    rule: Filter = None
    zone: Filter = None
    epc: EpcFilter = None


@router.get("/alerts", response_model=Page[Alert])
async def alerts(at: Reading, db: Db, query: Annotated[AlertQuery, Query()]) -> dict[str, Any]:
    """List alerts, newest first."""
    (after,) = decode_cursor(query.cursor, int)
    filters = query.model_dump(exclude={"limit", "cursor"})
    rows = await list_alerts(db, at.site_id, query.limit + 1, after=after, **filters)
    return page_of(rows, query.limit, ("alert_id",))


@router.get("/alerts/{alert_id}", response_model=Alert)
async def alert(at: Reading, db: Db, alert_id: AlertId) -> Row:
    """Show one alert."""
    return await _or_problem(one_alert, db, at.site_id, alert_id)


@router.post("/alerts/{alert_id}/acknowledge", response_model=Alert)
async def acknowledge_alert(
    at: Acknowledging, db: Change, alert_id: AlertId, said: Acknowledgement | None = None
) -> Row:
    """Say that one takes care of it."""
    row = await _or_problem(acknowledge, db, at.site_id, alert_id, at.token.name)
    detail = {"comment": said.comment} if said and said.comment else {}
    await _audit(db, at, "alert.acknowledge", alert_id, detail)
    return row


@router.post("/alerts/{alert_id}/resolve", response_model=Alert)
async def resolve_alert(at: Resolving, db: Change, alert_id: AlertId, said: Resolution) -> Row:
    """Say that it is over, and why."""
    row = await _or_problem(resolve, db, at.site_id, alert_id, said.reason)
    await _audit(db, at, "alert.resolve", alert_id, {"reason": said.reason})
    return row


async def _or_problem(verb: Callable[..., Awaitable[Row]], *args: object) -> Row:
    try:
        return await verb(*args)
    except AlertNotFound as exc:
        raise Problem(404, "there is no such alert at this site") from exc
    except AlertClosed as exc:
        raise Problem(409, str(exc)) from exc


async def _audit(db: Connection, at: Access, act: str, alert_id: int, detail: dict[str, Any]) -> None:
    entry = Act(actor=at.token.name, act=act, subject=str(alert_id), site=at.site, detail=detail)
    await append_audit(db, entry)
