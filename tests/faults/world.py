"""
The warehouse of a fault run, and the reference model: in plain Python, where each tag is and what must be told of it.
"""

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from core.site import Antenna, EngineParameters, Reader, Site, Zone, ZoneKind
from tests.integration.ingest_tools import epc

HALLS: Final = ("east", "west")
READERS: Final = {"east": "east-1", "west": "west-1"}
TAGS: Final = 40
STAYS_S: Final = (4.0, 9.0)
"""How long a tag that walks stays in a hall."""
OFFLINE_S: Final = 20.0
MISSING_S: Final = 8.0
"""A tag that nobody reads is told missing so soon: a service that loses track of time tells of many."""
PATIENT_S: Final = 600.0
PRESENT, MISSING = 0, 2
"""States of a tag in the table `position`."""

Place = tuple[str, int]
"""A hall and a state."""
AlertName = tuple[str, str]
"""A rule and its subject."""


def plan(site_id: str, missing_s: float) -> Site:
    """Two halls that no antenna hears both of, a reader in each."""
    return Site(
        id=site_id,
        name="Two halls",
        timezone="UTC",
        width_m=100.0,
        height_m=20.0,
        zones=(
            Zone(id="east", name="East", kind=ZoneKind.STORAGE, polygon=((0, 0), (12, 0), (12, 12), (0, 12))),
            Zone(id="west", name="West", kind=ZoneKind.STORAGE, polygon=((80, 0), (92, 0), (92, 12), (80, 12))),
        ),
        readers=tuple(
            Reader(id=READERS[hall], name=hall, antennas=(Antenna(port=1, x=x, y=6.0, zone=hall),))
            for hall, x in (("east", 6.0), ("west", 86.0))
        ),
        engine=EngineParameters(settle_s=1.0, missing_after_s=missing_s, reader_offline_after_s=OFFLINE_S),
    )


@dataclass
class World:
    """
    Where every tag is. A fourth of them walk from hall to hall; two are taken away when the fault begins.

    gone holds the tags that nobody will read again; each must be told missing, once, and nothing else may be told.
    """

    seed: int
    tags: int = TAGS
    gone: dict[int, str] = field(default_factory=dict)
    alerts: Counter[AlertName] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Put the tags into both halls."""
        self._rng = random.Random(self.seed)
        self._halls = {tag: HALLS[tag % 2] for tag in range(self.tags)}
        self._moves_s = {tag: self._next_move(0.0) for tag in range(0, self.tags, 4)}

    def hall_of(self, tag: int) -> str | None:
        """Where a tag is now; None where it was taken away."""
        if tag in self.gone:
            return None
        due = self._moves_s.get(tag)
        if due is not None and time.monotonic() >= due:
            self._halls[tag] = HALLS[self._halls[tag] == HALLS[0]]
            self._moves_s[tag] = self._next_move(time.monotonic())
        return self._halls[tag]

    def _next_move(self, now_s: float) -> float:
        return (now_s or time.monotonic()) + self._rng.uniform(*STAYS_S)

    def take_away(self) -> None:
        """From now on nobody reads two of the tags that don't walk."""
        for tag in (1, 2):
            self.gone[tag] = self._halls[tag]
            self.alerts["missing", epc(tag)] += 1

    def take_many_away(self) -> list[int]:
        """From now on nobody reads half of the tags that don't walk, until they are brought back."""
        taken = [tag for tag in self._halls if tag % 4 == 3]
        for tag in taken:
            self.gone[tag] = self._halls[tag]
            self.alerts["missing", epc(tag)] += 1
        return taken

    def bring_back(self, tags: list[int]) -> None:
        """They are read again."""
        for tag in tags:
            del self.gone[tag]

    def stand_still(self) -> None:
        """From now on every tag stays where it is."""
        self._moves_s.clear()

    def places(self) -> dict[str, Place]:
        """Where the database must say that each tag is, by EPC."""
        return {
            epc(tag): (self.gone.get(tag, hall), MISSING if tag in self.gone else PRESENT)
            for tag, hall in self._halls.items()
        }
