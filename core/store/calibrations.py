"""
What sites have been taught: numbered, with when and by whom; the newest counts, and one without a body is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from core.store.audit import Act, append_audit
from core.store.connection import Connection
from core.store.queries import QUERIES
from core.store.registry import UnknownSite
from core.store.texts import fit_json, fit_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One calibration of a site, or with body None the word to go by the plan alone."""

    version: int
    published_at: datetime
    published_by: str
    body: Mapping[str, Any] | None


async def publish_calibration(conn: Connection, site_id: str, body: Mapping[str, Any] | None, actor: str) -> Published:
    """Let a site go by a calibration that fits its plan, or by none; in a transaction. Raises UnknownSite."""
    await conn.execute(QUERIES["lock_site"], {"id": site_id})  # two of one site take turns
    kept = None if body is None else Jsonb(fit_json(dict(body)))
    params = {"id": site_id, "by": fit_text(actor), "body": kept}
    row = await (await conn.execute(QUERIES["publish_calibration"], params)).fetchone()
    if row is None:
        raise UnknownSite(site_id)
    detail = {"version": row[0], "learned_from": (body or {}).get("learned_from")}
    act = "site.calibrate" if body is not None else "site.uncalibrate"
    await append_audit(conn, Act(actor=actor, act=act, subject=site_id, site=site_id, detail=detail))
    published = await load_calibration(conn, site_id, row[0])
    assert published is not None
    return published


async def load_calibration(conn: Connection, site_id: str, version: int | None = None) -> Published | None:
    """Load the calibration of this number, or the newest; None where there is none."""
    cursor = await conn.execute(QUERIES["calibration"], {"id": site_id, "version": version})
    row = await cursor.fetchone()
    if row is None:
        return None
    return Published(version=row[0], published_at=row[1], published_by=row[2], body=row[3])


async def newest_version(conn: Connection, site_id: str) -> int:
    """The number of a site's newest calibration, 0 where there never was one. Raises UnknownSite."""
    row = await (await conn.execute(QUERIES["calibration_version"], {"id": site_id})).fetchone()
    if row is None:
        raise UnknownSite(site_id)
    return int(row[0])


async def version_in_use(conn: Connection, site_id: str) -> int:
    """The number of the calibration that the line's last step was decided under; 0 for none."""
    row = await (await conn.execute(QUERIES["calibration_in_use"], {"id": site_id})).fetchone()
    return int(row[0]) if row else 0
