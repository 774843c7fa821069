"""
The loss ledger as it is read: what readers published, what became of it, and whether that is all of it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from core.store.connection import Connection
from core.store.times import EPOCH
from core.store.views import Row, ask

LEDGER: Final = (
    "messages",
    "received",
    "stored",
    "repeats",
    "late",
    "quarantined",
    "resent",
    "ignored",
    "gaps",
    "purged",
)
"""What is counted of a reader."""
SPELL: Final = timedelta(minutes=5)
"""The shortest span of time that the ledger knows: what begins inside one begins with it."""


async def list_ledger(
    conn: Connection, site_id: int, since: datetime, until: datetime | None = None, reader: str | None = None
) -> list[Row]:
    """Each reader's ledger from a moment on, which is taken back to the beginning of its five minutes."""
    rows = await ask(conn, "ledger", site_id=site_id, since=spell_of(since), until=until, reader=reader)
    return [reckoned(row) for row in rows]


async def list_ledgers(conn: Connection) -> list[Row]:
    """Every reader's ledger since it was registered, with its site."""
    return [reckoned(row) for row in await ask(conn, "ledgers")]


def spell_of(moment: datetime) -> datetime:
    """When the five minutes began."""
    return EPOCH + (moment - EPOCH) // SPELL * SPELL


def reckoned(row: Row) -> Row:
    """
    Add what follows from the counts: `lost`, `published`, `difference`, and whether it `closes`.

    What a reader threw away leaves holes in its numbers too, so that the greater of both counts is what was lost at
    least. A missing number counts as one read, which is what is known of it.
    """
    lost = max(row["gaps"], row["purged"])
    return {
        **row,
        "published": row["received"] + row["quarantined"] + lost,
        "lost": lost,
        **_difference(row["received"] - row["stored"] - row["repeats"] - row["late"]),
    }


def summed(rows: Iterable[Row]) -> Row:
    """Add up readers that are reckoned; it closes where each of them does."""
    names = (*LEDGER, "awaited", "published", "lost", "difference")
    found = list(rows)
    total: Row = {name: sum(row[name] for row in found) for name in names}
    return {**total, "closes": all(row["closes"] for row in found)}


def _difference(reads: int) -> Row:
    return {"difference": reads, "closes": reads == 0}
