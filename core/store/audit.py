"""
Who did what: one row for each act of a person or a machine that changed something.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from core.store.connection import Connection
from core.store.queries import QUERIES
from core.store.texts import fit_json, fit_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act, in the words of whoever asks later."""

    actor: str
    act: str
    subject: str
    site: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


async def append_audit(conn: Connection, act: Act) -> None:
    """Write an act down, in the transaction of what it did."""
    params = {
        "actor": fit_text(act.actor),
        "site": act.site,
        "act": act.act,
        "subject": fit_text(act.subject),
        "detail": Jsonb(fit_json(dict(act.detail))),
    }
    await conn.execute(QUERIES["append_audit"], params)
