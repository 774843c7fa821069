"""
Readers that publish and are not registered wait here until a person approves them; till then they count for nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from core.errors import TallyportError
from core.model.pending_reader import PendingReader
from core.site import Reader, ReaderFormat, Site
from core.store.connection import Connection
from core.store.queries import QUERIES
from core.store.registry import load_site, save_site
from core.store.texts import fit_text
from core.store.times import timestamp

PENDING_MAX: Final = 1_000
"""Readers that may wait; past this new ones are counted by the line and not listed."""
_SAMPLE_MAX: Final = 4_096


class NotPending(TallyportError):
    """No reader waits for approval on this topic."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"no reader waits on topic {topic!r}: it was approved already, or has not published yet")
        self.topic = topic


async def note_pending(conn: Connection, readers: Iterable[PendingReader]) -> None:
    """Remember that unknown readers have published; `messages` is how many since the last note."""
    for seen in readers:
        await conn.execute(QUERIES["note_pending"], _params(seen))


def _params(seen: PendingReader) -> dict[str, Any]:
    return {
        "site": fit_text(seen.site),
        "topic": fit_text(seen.topic),
        "reader": fit_text(seen.reader),
        "format": seen.format,
        "first_at": timestamp(seen.first_arrived_us),
        "last_at": timestamp(seen.last_arrived_us),
        "messages": seen.messages,
        "sample": seen.sample[:_SAMPLE_MAX],
        "pending_max": PENDING_MAX,
    }


async def approve_pending(conn: Connection, site_id: str, topic: str, reader: Reader | None = None) -> Site:
    """
    Put the reader that waits on a topic on the site's plan, as given or as it names itself; the plan with it.

    In the caller's transaction. Its antennas still need their places. Raises NotPending, UnknownSite.
    """
    cursor = await conn.execute(QUERIES["take_pending"], {"topic": topic, "site": site_id})
    row: tuple[str, str, datetime] | None = await cursor.fetchone()
    if row is None:
        raise NotPending(topic)
    name, format_ = row[0], ReaderFormat(row[1])
    topics = () if format_ is ReaderFormat.NATIVE else (topic,)
    approved = reader or Reader(id=name, name=name, format=format_, topics=topics)
    plan = await load_site(conn, site_id)
    others = tuple(known for known in plan.readers if known.id != approved.id)
    return await save_site(conn, replace(plan, readers=(*others, approved)))
