"""
Who writes a site: one process at a time, by a lock that lives as long as its connection, and by a number that each new
owner makes one larger. The lock tells the owner, the number shuts out a former one that hasn't noticed yet.
"""

from typing import Any, Final
from uuid import uuid4

from core.errors import StoreUnavailable, TallyportError
from core.store.connection import Connection
from core.store.queries import QUERIES

WRITER_ROOM: Final = 1
"""First half of the advisory lock that says who writes a site."""


class SiteTaken(TallyportError):
    """Another process writes this site."""

    def __init__(self, site: str) -> None:
        super().__init__(f"another process already writes site {site}: stop it, or give this one other sites")
        self.site = site


class Claims:
    """The sites that one writer owns, as long as its connection lives."""

    def __init__(self) -> None:
        self._epochs: dict[int, int] = {}
        self._name = f"tallyport-ingest-{uuid4().hex[:12]}"

    async def sign(self, conn: Connection) -> None:
        """Begin anew on a new connection, and put our name on it, by which a former one of ours is known."""
        self._epochs.clear()
        await conn.execute(QUERIES["sign_connection"], {"name": self._name})

    async def take(self, conn: Connection, site: str, row_id: int) -> None:
        """
        Own a site, which may be ours already.

        Raises SiteTaken where another process owns it, and StoreUnavailable where a connection does that we lost and
        the server hasn't given up: it is ended, and the next attempt goes through.
        """
        if row_id in self._epochs:
            return
        params = {"room": WRITER_ROOM, "site_id": row_id}
        if not await _value(conn, "claim_site", params):
            if await _value(conn, "end_former_owner", params):
                raise StoreUnavailable(f"our former connection still holds site {site}, and is being ended")
            raise SiteTaken(site)
        self._epochs[row_id] = await _value(conn, "next_epoch", params)

    async def check(self, conn: Connection, site: str, row_id: int) -> None:
        """Ask whether a site that we took is still ours. Raises SiteTaken."""
        if await _value(conn, "writer_epoch", {"site_id": row_id}) != self._epochs[row_id]:
            raise SiteTaken(site)

    def epoch(self, row_id: int) -> int:
        """The number under which a site that we took is ours."""
        return self._epochs[row_id]


async def _value(conn: Connection, name: str, params: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever it selects
    """The first value of the first row; None where there is none."""
    row = await (await conn.execute(QUERIES[name], params)).fetchone()
    return None if row is None else row[0]
