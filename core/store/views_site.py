"""What a site is made of and how its readers do."""

from typing import Any

from core.store.connection import Connection
from core.store.views import Row, ask, ask_one
from core.store.views_ledger import LEDGER


async def list_sites(conn: Connection) -> list[Row]:
    """All warehouses."""
    return await ask(conn, "sites")


async def site_number(conn: Connection, site: str) -> int | None:
    """The number that a site's rows carry."""
    row = await ask_one(conn, "site", site=site)
    return row["site_id"] if row else None


async def site_plan(conn: Connection, site: str) -> Row:
    """Return the floor plan: the site with its zones, read points, doors and sensors."""
    row = await ask_one(conn, "site", site=site)
    assert row is not None
    site_id = row["site_id"]
    parts = ("zones", "read_points", "doors", "sensors")
    return {**row, **{part: await ask(conn, part, site_id=site_id) for part in parts}}


async def list_readers(conn: Connection, site_id: int) -> list[Row]:
    """Readers with their antennas, their health, and their ledger in one part."""
    antennas = [row for row in await ask(conn, "read_points", site_id=site_id) if row["antenna"] > 0]
    return [_reader(row, antennas) for row in await ask(conn, "readers", site_id=site_id)]


async def list_pending(conn: Connection, site: str, *, limit: int, after: str | None) -> list[Row]:
    """Readers that publish and are not registered."""
    return await ask(conn, "pending_readers", site=site, limit=limit, after=after)


async def find_pending(conn: Connection, site: str, topic: str) -> Row | None:
    """Find one reader that waits."""
    return await ask_one(conn, "pending_reader", site=site, topic=topic)


async def forget_pending(conn: Connection, site: str, topic: str) -> Row | None:
    """Take a reader off the list of those that wait for a decision."""
    return await ask_one(conn, "reject_pending_reader", site=site, topic=topic)


async def list_dead_letters(conn: Connection, site: str, **filters: Any) -> list[Row]:  # noqa: ANN401 - parameters
    """Messages that did not parse, newest first."""
    return await ask(conn, "dead_letters", site=site, **filters)


def _reader(row: Row, antennas: list[Row]) -> Row:
    down = set(row["antennas_down"])
    row["ledger"] = {name: row.pop(name) for name in LEDGER}
    row["antennas"] = [
        {
            "port": antenna["antenna"],
            "x": antenna["x"],
            "y": antenna["y"],
            "zone": antenna["zone"],
            "down": antenna["antenna"] in down,
        }
        for antenna in antennas
        if antenna["reader"] == row["id"]
    ]
    return row
