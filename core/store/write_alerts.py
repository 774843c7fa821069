"""
Alerts are raised, repeated and resolved here, each change numbered in the order in which it commits.
"""

from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from core.model.alert import AlertChange, AlertRaised
from core.model.step import Step
from core.store.connection import Connection
from core.store.facts import SiteFacts
from core.store.queries import QUERIES
from core.store.texts import fit_json, fit_text
from core.store.times import near, timestamp


async def write_alerts(conn: Connection, facts: SiteFacts, step: Step) -> None:
    """
    Remember the changes of alerts. A step without any leaves the site's counter row alone.

    The lock on that row comes first: it makes the numbers gap-free, and everyone who changes alerts takes it first.
    """
    if not step.alerts:
        return
    await conn.execute(QUERIES["lock_alert_seq"], {"site_id": facts.row_id})
    for change in step.alerts:
        name = "raise_alert" if isinstance(change, AlertRaised) else "resolve_alert"
        await conn.execute(QUERIES[name], {"site_id": facts.row_id, **_params(change, step.closed_us)})


def _params(change: AlertChange, stream_us: int) -> dict[str, Any]:
    params: dict[str, Any] = {"at": timestamp(near(change.at_us, stream_us))}
    for name, value in asdict(change).items():
        params[name] = fit_text(value) if isinstance(value, str) else value
    if isinstance(change, AlertRaised):
        params["severity"] = change.severity.value
        params["evidence"] = Jsonb(fit_json(change.evidence))
    return params
