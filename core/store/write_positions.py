"""
New tags, live positions, the stock that follows them, movements and what they mean for open shipments.
"""

from typing import Final

import numpy as np

from core.epc import describe
from core.model.step import MovementKind, PositionColumns, Step
from core.store.connection import Connection
from core.store.facts import SiteFacts
from core.store.packing import Column, copy_columns
from core.store.queries import QUERIES
from core.store.texts import fit_text
from core.store.times import RANGE_US, near, timestamp

STAGES: Final = ("stage_tags", "stage_positions")
"""Names of the statements that make the writer's temporary tables."""

_COPY_TAGS: Final = "COPY tag_stage (tag_id, epc, scheme, identity, gtin, first_seen_at) FROM STDIN"
_COPY_POSITIONS: Final = (
    "COPY position_stage (tag_id, zone_no, state, confidence, x_m, y_m, read_point_no, seen_at, since_at)"
    " FROM STDIN (FORMAT BINARY)"
)
_COPY_MOVEMENTS: Final = (
    "COPY movement (at, site_id, tag_id, kind, from_zone_no, to_zone_no, read_point_no, confidence, seq) FROM STDIN"
)


async def write_tags(conn: Connection, facts: SiteFacts, step: Step) -> None:
    """Give each new tag its row: what its EPC says, and the product that its GTIN names."""
    if not step.new_tags:
        return
    async with conn.cursor().copy(_COPY_TAGS) as copy:
        for tag in step.new_tags:
            said = describe(tag.epc)
            seen_at = timestamp(near(tag.first_seen_us, step.closed_us))
            await copy.write_row((tag.tag_id, tag.epc, said.scheme, fit_text(said.identity), said.gtin, seen_at))
    await conn.execute(QUERIES["insert_tags"], {"site_id": facts.row_id})


async def write_positions(conn: Connection, facts: SiteFacts, step: Step) -> int:
    """Bring the live positions and the stock up to the step; by how much the number of tags present changed."""
    if not len(step.positions):
        return 0
    await _stage(conn, step.positions, step.closed_us)
    params = {"site_id": facts.row_id, "seq": step.seq}
    cursor = await conn.execute(QUERIES["upsert_positions"], params)
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def _stage(conn: Connection, positions: PositionColumns, stream_us: int) -> None:
    low, high = stream_us - RANGE_US, stream_us + RANGE_US
    columns: list[Column] = [
        ("bigint", positions.tag_id),
        ("smallint", positions.zone),
        ("smallint", positions.state),
        ("real", positions.confidence),
        ("real", positions.x_m),
        ("real", positions.y_m),
        ("smallint", positions.read_point),
        ("timestamptz", np.clip(positions.seen_us, low, high)),
        ("timestamptz", np.clip(positions.since_us, low, high)),
    ]
    await copy_columns(conn, _COPY_POSITIONS, columns)


async def write_movements(conn: Connection, facts: SiteFacts, step: Step) -> None:
    """Append the movements, and tick off what left through the door of its open shipment."""
    if not step.movements:
        return
    async with conn.cursor().copy(_COPY_MOVEMENTS) as copy:
        for m in step.movements:
            at = timestamp(near(m.at_us, step.closed_us))
            where = (m.from_zone, m.to_zone, m.read_point)
            await copy.write_row((at, facts.row_id, m.tag_id, m.kind.value, *where, m.confidence, step.seq))
    left = [m for m in step.movements if m.kind is MovementKind.LEAVE]
    if left:
        params = {
            "site_id": facts.row_id,
            "epc": [m.epc for m in left],
            "at": [timestamp(near(m.at_us, step.closed_us)) for m in left],
            "door": [facts.doors.get(m.from_zone) or facts.doors.get(m.to_zone, "") for m in left],
        }
        await conn.execute(QUERIES["mark_left"], params)
