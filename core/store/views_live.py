"""The live positions of a site as columns: what a live map starts from and catches up with."""

from dataclasses import dataclass

import numpy as np

from core.model.step import PositionColumns
from core.store.connection import Connection
from core.store.times import microseconds
from core.store.views import ask, ask_tuples, see_one_moment

_NAMES = ("tag_id", "zone", "state", "confidence", "x_m", "y_m", "seen_us", "since_us", "read_point")
_DTYPES = (np.int64, np.int16, np.uint8, np.float32, np.float32, np.float32, np.int64, np.int64, np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveHead:
    """How far a site has come."""

    site: str
    site_id: int
    seq: int
    alert_epoch: str
    alert_seq: int
    closed_us: int
    """Stream time of the last commit; 0 where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChanges:
    """The positions written after some step, as they all were at one moment."""

    head: LiveHead
    positions: PositionColumns


async def live_heads(conn: Connection, site_id: int | None = None) -> list[LiveHead]:
    """Say how far each site has come, or the one."""
    return [
        LiveHead(
            site=row["id"],
            site_id=row["site_id"],
            seq=row["live_seq"],
            alert_epoch=row["alert_epoch"],
            alert_seq=row["alert_seq"],
            closed_us=microseconds(row["closed_at"]) if row["closed_at"] else 0,
        )
        for row in await ask(conn, "live_heads", site_id=site_id)
    ]


async def live_changes(conn: Connection, site_id: int, after_seq: int) -> LiveChanges:
    """Read the positions written after a step, all of them after -1; in a transaction just begun."""
    await see_one_moment(conn)
    (head,) = await live_heads(conn, site_id)
    rows = await ask_tuples(conn, "live_positions", site_id=site_id, seq=after_seq)
    columns = zip(*rows, strict=True) if rows else ((),) * len(_NAMES)
    arrays = {name: np.array(column, dtype) for name, column, dtype in zip(_NAMES, columns, _DTYPES, strict=True)}
    return LiveChanges(head=head, positions=PositionColumns(**arrays))
