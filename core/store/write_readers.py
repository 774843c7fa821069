"""
What readers said of themselves, what their sensors measured, what could not be read, and what became of their reads.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from core.model.dead_letter import PAYLOAD_KEPT_MAX, TOPIC_KEPT_MAX
from core.model.reader_event import ReaderEventKind
from core.model.step import LedgerRow, Step
from core.store.connection import Connection
from core.store.facts import SiteFacts
from core.store.queries import QUERIES
from core.store.texts import fit_smallint, fit_text
from core.store.times import near, timestamp

_COPY_EVENTS: Final = (
    "COPY reader_event (seen_at, arrived_at, site_id, seq, reader, kind, port, value, epc, text) FROM STDIN"
)
_COPY_DEAD: Final = "COPY dead_letter (arrived_at, site, reader, topic, reason, payload, payload_bytes) FROM STDIN"
_ANTENNA_QUERIES: Final = {
    ReaderEventKind.ANTENNA_DOWN: "antenna_down",
    ReaderEventKind.ANTENNA_UP: "antenna_up",
}
_LAST: Final[dict[str, Any]] = {"last_arrived_us": 0, "clock_offset_us": 0, "numbering": b"", "awaited": 0}
"""What the last row of a reader says, rather than all of them together."""
_COUNTS: Final = tuple(name for name in LedgerRow._fields if name not in ("reader", *_LAST))


async def write_events(conn: Connection, facts: SiteFacts, step: Step) -> None:
    """Append the readers' events, sensor readings and dead letters."""
    await _copy_rows(conn, _COPY_EVENTS, _event_rows(facts, step), any_rows=bool(step.reader_events))
    if step.sensor_readings:
        await conn.execute(QUERIES["insert_sensor_readings"], _sensor_params(facts, step))
    await _copy_rows(conn, _COPY_DEAD, _dead_rows(step), any_rows=bool(step.dead_letters))


async def _copy_rows(conn: Connection, statement: str, rows: Iterable[tuple[Any, ...]], *, any_rows: bool) -> None:
    if not any_rows:
        return
    async with conn.cursor().copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)


def _event_rows(facts: SiteFacts, step: Step) -> Iterable[tuple[Any, ...]]:
    for e in step.reader_events:
        seen_at = timestamp(near(e.seen_us, step.closed_us))
        arrived_at = timestamp(near(e.arrived_us, step.closed_us))
        said = (fit_text(e.reader), e.kind.value, fit_smallint(e.port), e.value, fit_text(e.epc), fit_text(e.text))
        yield (seen_at, arrived_at, facts.row_id, step.seq, *said)


def _sensor_params(facts: SiteFacts, step: Step) -> dict[str, Any]:
    readings = step.sensor_readings
    return {
        "site_id": facts.row_id,
        "seen_at": [timestamp(near(s.seen_us, step.closed_us)) for s in readings],
        "reader": [fit_text(s.reader) for s in readings],
        "sensor": [fit_text(s.sensor) for s in readings],
        "quantity": [fit_text(s.quantity) for s in readings],
        "value": [s.value for s in readings],
    }


def _dead_rows(step: Step) -> Iterable[tuple[Any, ...]]:
    for d in step.dead_letters:
        said = (fit_text(d.reader), fit_text(d.topic[:TOPIC_KEPT_MAX]), fit_text(d.reason))
        arrived_at = timestamp(near(d.arrived_us, step.closed_us))
        yield (arrived_at, step.site, *said, d.payload[:PAYLOAD_KEPT_MAX], d.payload_bytes)


async def write_health(conn: Connection, facts: SiteFacts, step: Step, late_stored: Mapping[str, int]) -> None:
    """Add the step to each reader's loss ledger and keep what is known of its health."""
    if step.ledger:
        counts = _ledger_params(step.ledger, late_stored)
        params = {"site_id": facts.row_id, "at": timestamp(step.closed_us), **counts}
        await conn.execute(QUERIES["add_ledger"], params)
    for change in step.reader_changes:
        at = timestamp(near(change.at_us, step.closed_us))
        params = {"site_id": facts.row_id, "reader": fit_text(change.reader), "online": change.online, "at": at}
        await conn.execute(QUERIES["reader_online"], params)
    for event in step.reader_events:
        if event.kind in _ANTENNA_QUERIES:
            antenna = {"site_id": facts.row_id, "reader": fit_text(event.reader), "port": fit_smallint(event.port)}
            await conn.execute(QUERIES[_ANTENNA_QUERIES[event.kind]], antenna)


def _ledger_params(ledger: Iterable[LedgerRow], late_stored: Mapping[str, int]) -> dict[str, list[Any]]:
    """
    One column a count, one row a reader.

    A step's `late` counts candidates; those that the database already had are repeats, which only it could know.
    """
    totals: dict[str, dict[str, Any]] = {}
    for row in ledger:
        total = totals.setdefault(fit_text(row.reader), dict.fromkeys(_COUNTS, 0) | _LAST)
        for name in _COUNTS:
            total[name] += getattr(row, name)
        if row.last_arrived_us >= total["last_arrived_us"]:
            total |= {name: getattr(row, name) for name in _LAST}
    for reader, total in totals.items():
        inserted = late_stored.get(reader, 0)
        total["repeats"] += total["late"] - inserted
        total["late"] = inserted
    names = (*_COUNTS, "clock_offset_us", "numbering", "awaited")
    columns: dict[str, list[Any]] = {name: [t[name] for t in totals.values()] for name in names}
    heard = [t["last_arrived_us"] for t in totals.values()]
    return {**columns, "reader": list(totals), "last_arrived_at": [timestamp(us) if us else None for us in heard]}
