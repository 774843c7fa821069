"""
The judge: asks the database, by a connection that no fault touches, what became of everything that is owed.
"""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import psycopg

from tests.faults.oracle import Oracle, ReadId
from tests.faults.world import AlertName, Place, World

_SITE: Final = "(SELECT site_id FROM site WHERE id = %(site)s)"
_READS: Final = (
    "SELECT p.reader, t.epc, r.raw_us, r.late FROM (SELECT site_id, tag_id, read_point_no, raw_us, 0 AS late FROM read"
    " UNION ALL SELECT site_id, tag_id, read_point_no, raw_us, 1 FROM late_read) r JOIN tag t USING (site_id, tag_id)"
    f" JOIN read_point p USING (site_id, read_point_no) WHERE r.site_id = {_SITE}"
)
_PLACES: Final = (
    "SELECT t.epc, z.id, p.state FROM position p JOIN tag t USING (site_id, tag_id)"
    f" LEFT JOIN zone z USING (site_id, zone_no) WHERE p.site_id = {_SITE}"
)
_ALERTS: Final = f"SELECT rule, subject FROM alert WHERE site_id = {_SITE}"
_LEDGER: Final = (
    "SELECT sum(messages), sum(received), sum(stored), sum(repeats), sum(late), sum(quarantined), sum(gaps),"
    " sum(resent)"
    f" FROM reader WHERE site_id = {_SITE}"
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the service says of all readers together."""

    messages: int
    received: int
    stored: int
    repeats: int
    late: int
    quarantined: int
    gaps: int
    resent: int

    @property
    def open_by(self) -> int:
        """Reads of which it does not say what became of them."""
        return self.received - self.stored - self.repeats - self.late

    @property
    def published(self) -> int:
        """Reads, each message once, that it knows readers to have made; a message of a run holds one."""
        return self.received + self.quarantined + self.gaps


@dataclass(kw_only=True)
class Verdict:
    """
    What a run showed. The first names are those of the table in docs/reliability.md.

    lost            obligations that are stored nowhere
    duplicated      rows too many of one read
    unexpected      rows of reads that nobody issued
    recovered       stored, though the broker never answered for it to its publisher
    state_mismatch  tags that are not where the reference model has them, and ledgers that are not what is stored
    gaps            lost messages as the service itself counts them
    ws_gaps         alert events that a websocket client never got
    """

    id: str
    cls: str
    seed: int
    broker: str
    obligations: int = 0
    stored: int = 0
    lost: int = 0
    duplicated: int = 0
    late: int = 0
    quarantined: int = 0
    state_mismatch: int = 0
    t_detect_s: float | None = None
    t_recover_s: float | None = None
    unexpected: int = 0
    recovered: int = 0
    gaps: int = 0
    alert_missed: int = 0
    alert_false: int = 0
    ws_gaps: int = 0
    flows: bool = True
    rss_max_mb: int = 0
    in_flight_max: int = 0
    spooled_max: int = 0
    notes: dict[str, float] = field(default_factory=dict)
    mismatches: list[str] = field(default_factory=list)
    """What each of state_mismatch is."""
    broken: list[str] = field(default_factory=list)
    """What else a fault asks for and did not find."""

    def wrong(self) -> list[str]:
        """Everything that must not be so, in words; empty where the run is passed."""
        zeros = ("duplicated", "unexpected", "state_mismatch", "alert_missed", "alert_false", "ws_gaps")
        found = [f"{name} {value}" for name in zeros if (value := getattr(self, name))]
        if self.cls == "A" and self.lost:
            found.append(f"lost {self.lost}")
        if self.lost != self.gaps:
            found.append(f"lost {self.lost}, and the ledger says {self.gaps}")
        return found + ([] if self.flows else ["nothing flows afterwards"]) + self.broken

    def line(self) -> dict[str, Any]:
        """The run as it is printed."""
        said = asdict(self)
        said["class"] = said.pop("cls")
        return {"id": said.pop("id"), "class": said.pop("class"), **said, "passed": not self.wrong()}


class Judge:
    """Questions to the database about one site."""

    def __init__(self, url: str, site: str) -> None:
        self._url = url
        self._site = site

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask, on a connection of its own."""
        with psycopg.connect(self._url, connect_timeout=5, autocommit=True) as connection:
            return connection.execute(query, {"site": self._site}).fetchall()

    def stored(self) -> Counter[ReadId]:
        """How often each read stands in the database."""
        return Counter(ReadId(*row[:3]) for row in self.rows(_READS))

    def late(self) -> int:
        """Reads that came too late to move anything."""
        return sum(row[3] for row in self.rows(_READS))

    def outstanding(self, reads: set[ReadId]) -> set[ReadId]:
        """Which of these are not stored."""
        return reads - self.stored().keys()

    def places(self) -> dict[str, Place]:
        """Where every tag is said to be."""
        return {epc: (zone, state) for epc, zone, state in self.rows(_PLACES)}

    def alerts(self) -> Counter[AlertName]:
        """What was told, and how often."""
        return Counter(self.rows(_ALERTS))

    def ledger(self) -> Ledger:
        """The loss ledger."""
        (row,) = self.rows(_LEDGER)
        return Ledger(*map(int, row))

    def misplaced(self, world: World) -> dict[str, tuple[Place, Place | None]]:
        """Tags that are not where the model has them: there, and here."""
        said = self.places()
        return {epc: (place, said.get(epc)) for epc, place in world.places().items() if said.get(epc) != place}

    def judge(self, verdict: Verdict, oracle: Oracle, world: World) -> None:
        """Count everything."""
        stored, ledger, alerts, late = self.stored(), self.ledger(), self.alerts(), self.late()
        owed = oracle.obligations()
        verdict.obligations = len(owed)
        verdict.stored = len(owed & stored.keys())
        verdict.lost = len(owed - stored.keys())
        verdict.duplicated = sum(stored.values()) - len(stored)
        verdict.unexpected = len(stored.keys() - oracle.issued)
        verdict.recovered = len(stored.keys() & oracle.issued - owed)
        verdict.late = late
        verdict.quarantined = ledger.quarantined
        verdict.gaps = ledger.gaps
        verdict.mismatches = [f"{epc}: {where[0]}, said {where[1]}" for epc, where in self.misplaced(world).items()]
        if ledger.open_by != 0:
            verdict.mismatches.append(f"the ledger leaves {ledger.open_by} reads open: {ledger}")
        if ledger.stored + ledger.late != sum(stored.values()):
            verdict.mismatches.append(f"{sum(stored.values())} rows ({late} late), and the ledger says {ledger}")
        verdict.state_mismatch = len(verdict.mismatches)
        verdict.alert_missed = (world.alerts - alerts).total()
        verdict.alert_false = (alerts - world.alerts).total()
        verdict.notes["resent"] = ledger.resent
        made = len(oracle.issued) + oracle.poison
        if ledger.published != made:
            verdict.broken.append(f"{made} reads made, and the ledger says {ledger.published}")
        if ledger.quarantined != oracle.poison:
            verdict.broken.append(f"poison {oracle.poison}, and the ledger says {ledger.quarantined}")
