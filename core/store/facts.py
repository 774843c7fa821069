"""
What the writer must know of a site beside the step: its row number, and the reader and patience of each read point.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from core.site import PORTALS, Site
from core.store.connection import Connection
from core.store.registry import UnknownSite, load_site


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """Facts of one version of a site's plan."""

    row_id: int
    version: int
    readers: tuple[str, ...]
    """The reader of each read point."""
    doors: dict[int, str]
    """Zone index -> the door that it belongs to."""
    dedupe_us: npt.NDArray[np.int64]
    """How long after a kept read the next one of the same tag at this read point is a repeat."""

    @classmethod
    def of(cls, site: Site, row_id: int, version: int) -> Self:
        """The facts of a plan."""
        points = site.read_points
        portal = [p.zone >= 0 and site.zones[p.zone].kind in PORTALS for p in points]
        seconds = np.where(portal, site.engine.door_dedupe_s, site.engine.dedupe_s)
        return cls(
            row_id=row_id,
            version=version,
            readers=tuple(p.reader for p in points),
            doors={zone: door.id for zone, door in site.door_of_zone.items()},
            dedupe_us=np.maximum(np.rint(seconds * 1e6).astype(np.int64), 1),
        )


async def load_facts(conn: Connection, site_id: str) -> SiteFacts:
    """Read the facts of a site's plan as it is now. Raises UnknownSite."""
    cursor = await conn.execute("SELECT site_id, version FROM site WHERE id = %s", (site_id,))
    row: tuple[Any, ...] | None = await cursor.fetchone()
    if row is None:
        raise UnknownSite(site_id)
    return SiteFacts.of(await load_site(conn, site_id), row[0], row[1])
