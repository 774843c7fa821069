"""
What tags did at doors, as a step's passages say it.
"""

from typing import Final

from core.model.step import Step
from core.store.connection import Connection
from core.store.facts import SiteFacts
from core.store.times import near, timestamp

_COPY_PASSAGES: Final = (
    "COPY passage (opened_at, closed_at, site_id, tag_id, door, verdict, direction, confidence, reads, seq) FROM STDIN"
)


async def write_passages(conn: Connection, facts: SiteFacts, step: Step) -> None:
    """Append the passages that were settled."""
    if not step.passages:
        return
    async with conn.cursor().copy(_COPY_PASSAGES) as copy:
        for p in step.passages:
            opened_at, closed_at = (timestamp(near(us, step.closed_us)) for us in (p.opened_us, p.closed_us))
            said = (p.verdict.value, p.direction.value, p.confidence, p.reads)
            await copy.write_row((opened_at, closed_at, facts.row_id, p.tag_id, p.door, *said, step.seq))
