"""The loss ledger: what readers published, what became of it, and whether that is all of it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import BaseModel, ConfigDict, Field

from api.access import Db, GuardedRoute, Reading
from api.values import AskedMoment, Filter, Moment
from core.clock import now_us
from core.store.times import EPOCH, timestamp
from core.store.views import Row
from core.store.views_ledger import list_ledger, spell_of, summed

router = APIRouter(prefix="/api/v1/sites/{site}", route_class=GuardedRoute, tags=["readers"])

DAY: Final = timedelta(hours=24)
_LAST: Final = datetime(9999, 1, 1, tzinfo=UTC)
_COUNTERS: Final = {
    "messages": "Messages of registered readers that were taken.",
    "received": "Reads in messages that parsed.",
    "stored": "Reads kept in the database.",
    "repeats": "Reads dropped because the same antenna had seen the tag a moment ago.",
    "late": "Reads too late to move a live position; kept as history.",
    "quarantined": "Reads refused, and messages that did not parse.",
    "resent": "Reads of messages that had come before, byte for byte; in no other figure.",
}
_GAUGES: Final = {
    "published": "Reads that the readers are known to have made.",
    "lost": "Reads that the readers made and that never came; falls where some come after all.",
    "awaited": "Numbers that readers skipped and that may still come.",
    "difference": "Reads received that are in no account: anything but 0 is an error of Tallyport's.",
}


class Ledger(BaseModel):
    """What became of everything that arrived: received = stored + repeats + late."""

    messages: int
    received: int = Field(description="Reads in messages that parsed, each message once.")
    stored: int
    repeats: int = Field(description="Seen a moment ago by the same antenna.")
    late: int = Field(description="Too late to move a live position; kept as history.")
    quarantined: int = Field(description="Refused: an impossible time or EPC, or a message that did not parse.")
    resent: int = Field(
        description="In messages that came a second time, byte for byte; taken once, and in no other figure."
    )
    ignored: int = Field(description="Messages that are legal and carry nothing for us.")
    gaps: int = Field(description="Numbers that the reader skipped: made there, never here.")
    purged: int = Field(description="Reads that the reader says it threw away.")


class Balance(Ledger):
    """A ledger and its sum: published = stored + repeats + late + quarantined + lost + difference."""

    published: int = Field(description="Reads that are known to have been made.")
    lost: int = Field(
        description="At least so many were made and never came: numbers skipped, or what the reader says it threw away,"
        " whichever is more. Below 0 where more came after all than were newly given up."
    )
    awaited: int = Field(description="Numbers skipped in the last half minute, as of now: on their way, or lost.")
    difference: int = Field(description="Reads that arrived and are in no account; 0 where the ledger closes.")
    closes: bool = Field(description="Whether every read is accounted for.")


class ReaderLedger(Balance):
    """One reader's ledger."""

    reader: str
    name: str


_EXAMPLE: Final[dict[str, Any]] = {
    "messages": 2,
    "received": 11,
    "stored": 7,
    "repeats": 3,
    "late": 1,
    "quarantined": 1,
    "resent": 0,
    "ignored": 0,
    "gaps": 2,
    "purged": 0,
    "published": 14,
    "lost": 2,
    "awaited": 0,
    "difference": 0,
    "closes": True,
}


class SiteLedger(BaseModel):
    """The loss ledger of a site over a span of time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": "2026-11-21T23:00:00Z",
                    "until": None,
                    "items": [{"reader": "dock-1", "name": "Dock 1", **_EXAMPLE}],
                    "total": _EXAMPLE,
                    "closes": True,
                }
            ]
        }
    )

    since: Moment = Field(description="From when it counts: the beginning of the five minutes that were asked for.")
    until: Moment | None = Field(description="Up to when; null for now.")
    items: list[ReaderLedger]
    total: Balance
    closes: bool = Field(description="Whether every read that arrived is accounted for.")


class LedgerQuery(BaseModel):
    """Of which time, and of whom."""

    model_config = ConfigDict(extra="forbid")

    since: AskedMoment | None = Field(None, description="From the five minutes of this moment on; left out: 24 hours.")
    until: AskedMoment | None = Field(None, description="Without the five minutes that begin at or after this moment.")
    reader: Filter = None


@router.get("/ledger")
async def ledger(at: Reading, db: Db, query: Annotated[LedgerQuery, Query()]) -> SiteLedger:
    """Show what became of all reads that arrived in a span of time, reader by reader."""
    since = spell_of(_within(query.since) if query.since else timestamp(now_us()) - DAY)
    until = _within(query.until) if query.until else None
    rows = await list_ledger(db, at.site_id, since, until, query.reader)
    total = Balance(**summed(rows))
    return SiteLedger(
        since=since, until=until, items=[ReaderLedger(**row) for row in rows], total=total, closes=total.closes
    )


def ledger_metrics(rows: Iterable[Row]) -> bytes:
    """Write readers' ledgers, which are since they were registered, in Prometheus's text form."""
    registry = CollectorRegistry()
    registry.register(_Families(list(rows)))
    return generate_latest(registry)


class _Families(Collector):
    """One family a column, one sample a reader."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def collect(self) -> Iterable[Metric]:
        """Every column of every reader."""
        for kind, columns in ((CounterMetricFamily, _COUNTERS), (GaugeMetricFamily, _GAUGES)):
            for name, words in columns.items():
                family = kind(f"tallyport_ledger_{name}", words, labels=("site", "reader"))
                for row in self._rows:
                    family.add_metric((row["site"], row["reader"]), row[name])
                yield family


def _within(moment: datetime) -> datetime:
    """Take a moment that no calendar of ours has to the nearest one that it has."""
    return min(max(moment, EPOCH), _LAST)
