"""The alerts of a site as a stream: what changed, in order, and what a person adds to it."""

from dataclasses import dataclass
from typing import Any, Final

from core.store.connection import Connection
from core.store.views import Row, ask, ask_one

_NO_FILTER: Final = dict.fromkeys(
    ("alert_id", "state", "open", "severity", "rule", "zone", "epc", "since", "until", "after")
)


class AlertNotFound(LookupError):
    """There is no such alert at this site."""


class AlertClosed(ValueError):
    """The alert is past what was asked for; the message says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """One change of one alert, with its place in the site's stream."""

    seq: int
    change: str
    body: dict[str, Any]


async def stream_head(conn: Connection, site_id: int) -> tuple[str, int]:
    """Return the stream's epoch and its newest sequence number."""
    row = await ask_one(conn, "alert_head", site_id=site_id)
    assert row is not None
    return row["epoch"], row["top_seq"]


async def events_after(conn: Connection, site_id: int, seq: int, limit: int) -> list[AlertEvent]:
    """Return changes after a sequence number, in order; whoever needs all of them checks that none is missing."""
    rows = await ask(conn, "alert_events", site_id=site_id, seq=seq, limit=limit)
    return [AlertEvent(**row) for row in rows]


async def open_alerts(conn: Connection, site_id: int) -> list[dict[str, Any]]:
    """Return every alert that is not over, as the stream shows it."""
    return [row["body"] for row in await ask(conn, "open_alerts", site_id=site_id)]


async def list_alerts(conn: Connection, site_id: int, limit: int, **filters: object) -> list[Row]:
    """Alerts, newest first."""
    return await ask(conn, "alerts", site_id=site_id, limit=limit, **{**_NO_FILTER, **filters})


async def one_alert(conn: Connection, site_id: int, alert_id: int) -> Row:
    """One alert; raises AlertNotFound."""
    rows = await list_alerts(conn, site_id, 1, alert_id=alert_id)
    if not rows:
        raise AlertNotFound(alert_id)
    return rows[0]


async def acknowledge(conn: Connection, site_id: int, alert_id: int, actor: str) -> Row:
    """Say that a person takes care of it; inside the caller's transaction. Raises AlertNotFound, AlertClosed."""
    state = await _lock(conn, site_id, alert_id)
    if state == "acknowledged":
        raise AlertClosed("somebody has acknowledged this alert already")
    if state == "resolved":
        raise AlertClosed("this alert is resolved; there is nothing left to acknowledge")
    await ask(conn, "acknowledge_alert", site_id=site_id, alert_id=alert_id, actor=actor)
    return await one_alert(conn, site_id, alert_id)


async def resolve(conn: Connection, site_id: int, alert_id: int, reason: str) -> Row:
    """Say that it is over; inside the caller's transaction. Raises AlertNotFound, AlertClosed."""
    if await _lock(conn, site_id, alert_id) == "resolved":
        raise AlertClosed("this alert is resolved already")
    await ask(conn, "resolve_alert", site_id=site_id, alert_id=alert_id, reason=reason)
    return await one_alert(conn, site_id, alert_id)


async def save_cursor(conn: Connection, site_id: int, token_id: int, seq: int) -> None:
    """Remember how far a token's reader has got."""
    await ask(conn, "save_alert_cursor", site_id=site_id, token_id=token_id, seq=seq)


async def _lock(conn: Connection, site_id: int, alert_id: int) -> str:
    await ask(conn, "lock_alert_stream", site_id=site_id)
    return str((await one_alert(conn, site_id, alert_id))["state"])
