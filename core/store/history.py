"""What is kept of one tag, as the engine takes it: its reads, those of others beside it at doors, readers' words."""

from datetime import datetime
from itertools import pairwise
from typing import Any, Final

import numpy as np

from core.columns import keys_from_hex
from core.model.columns import READ_DTYPES, ReadColumns
from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.model.why import History
from core.site import PORTALS, Site
from core.store.connection import Connection
from core.store.times import microseconds, timestamp
from core.store.views import ask_tuples

READS_MAX: Final = 2_000
"""The newest reads of the tag."""
REACH_S: Final = 1_800.0
"""How long before its last read the tag's history begins at most."""
SIGNS_S: Final = 120.0
"""
How long before and after its last read each second is looked at for signs of life of the readers. Further away
heartbeats have to do: to look through all reads of an hour takes too long to wait for.
"""
SILENCES: Final = 1.5
"""The history goes on past the last read for this many times what the most patient zone allows: then it has gone."""
BESIDE_S: Final = 20.0
"""Reads of others at a door within this time of the tag's own: they may be one pallet, and a passage is as long."""
BESIDE_MAX: Final = 10_000
EVENTS_MAX: Final = 50_000
SECOND_US: Final = 1_000_000

Read = tuple[Any, ...]


async def load_history(conn: Connection, site_id: int, site: Site, tag_id: int) -> History | None:
    """
    Read what an explanation rests on; None where no read of the tag is kept any more.

    All statements should see one moment (see_one_moment), or the end may not fit the beginning.
    """
    where = {"site_id": site_id, "tag_id": tag_id}
    [(last_at,)] = await ask_tuples(conn, "tag_last_read", **where)
    if last_at is None:
        return None
    last_us = microseconds(last_at)
    since = timestamp(last_us - _us(REACH_S))
    own = await ask_tuples(conn, "tag_history", **where, since=since, limit=READS_MAX)
    first_us, until_us = microseconds(own[-1][0]), await _until_us(conn, site_id, site, last_us)
    beside = await _beside(conn, where, site, own)
    times = {"since": timestamp(first_us), "until": timestamp(until_us)}
    told = await ask_tuples(conn, "event_history", site_id=site_id, limit=EVENTS_MAX, **times)
    signs = await ask_tuples(
        conn,
        "signs_of_life",
        site_id=site_id,
        since=timestamp(max(first_us, last_us - _us(SIGNS_S))),
        until=timestamp(min(until_us, last_us + _us(SIGNS_S))),
    )
    reads, long = _reads([*own, *beside])
    events = (*(_event(*row) for row in told), *_signs(signs))
    return History(reads=reads, events=_in_order(events), closed_us=until_us, long_epcs=long)


async def _until_us(conn: Connection, site_id: int, site: Site, last_us: int) -> int:
    """Now, in stream time; or when silence has long had its say."""
    [(now,)] = await ask_tuples(conn, "stream_now", site_id=site_id)
    patience_s = max([site.engine.missing_after_s, *(zone.missing_after_s or 0.0 for zone in site.zones)])
    latest_us = last_us + _us(SILENCES * patience_s + site.engine.reader_offline_after_s)
    return latest_us if now is None else min(max(microseconds(now), last_us), latest_us)


async def _beside(conn: Connection, where: dict[str, int], site: Site, own: list[Read]) -> list[Read]:
    """What the doors' antennas heard of other tags that heard this one, and while they did."""
    zones = {site.read_points[row[2]].zone for row in own}
    doors = [
        p.index for p in site.read_points if p.zone in zones and p.zone >= 0 and site.zones[p.zone].kind in PORTALS
    ]
    times = sorted(microseconds(row[0]) for row in own if row[2] in doors)
    cuts = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(times)) if b - a > _us(BESIDE_S)), len(times)]
    found: list[Read] = []
    for start, end in reversed(list(pairwise(cuts)) if times else []):
        since, until = timestamp(times[start] - _us(BESIDE_S)), timestamp(times[end - 1] + _us(BESIDE_S))
        limit = BESIDE_MAX - len(found)
        found += await ask_tuples(conn, "door_history", **where, points=doors, since=since, until=until, limit=limit)
        if len(found) >= BESIDE_MAX:
            break
    return found


def _reads(rows: list[Read]) -> tuple[ReadColumns, dict[tuple[int, int], str]]:
    seen_at, raw_us, read_point, epcs, rssi_dbm, phase_deg, channel_mhz, count = zip(*rows, strict=True)
    hi, lo, long = keys_from_hex(epcs)
    seen_us = [microseconds(at) for at in seen_at]
    given: dict[str, Any] = {"seen_us": seen_us, "raw_us": raw_us, "arrived_us": seen_us, "read_point": read_point}
    given |= {"epc_hi": hi, "epc_lo": lo, "rssi_dbm": rssi_dbm, "phase_deg": phase_deg, "channel_mhz": channel_mhz}
    given |= {"count": count}
    return ReadColumns(**{name: np.array(given[name], dtype) for name, dtype in READ_DTYPES.items()}), dict(long)


def _event(
    seen_at: datetime,
    arrived_at: datetime,
    reader: str,
    kind: str,
    *rest: Any,  # noqa: ANN401 - port, value, epc, text
) -> ReaderEvent:
    port, value, epc, text = rest
    return ReaderEvent(
        seen_us=microseconds(seen_at),
        arrived_us=microseconds(arrived_at),
        reader=reader,
        kind=ReaderEventKind(kind),
        port=port,
        value=value,
        epc=epc,
        text=text,
    )


def _signs(rows: list[Read]) -> list[ReaderEvent]:
    """Reads of other tags are heartbeats to this one."""
    heard = {(microseconds(at), reader) for reader, *both in rows for at in both}
    kind = ReaderEventKind.HEARTBEAT
    return [ReaderEvent(seen_us=at_us, arrived_us=at_us, reader=reader, kind=kind) for at_us, reader in sorted(heard)]


def _in_order(events: tuple[ReaderEvent, ...]) -> tuple[ReaderEvent, ...]:
    return tuple(sorted(events, key=lambda e: (e.seen_us, e.reader, e.kind, e.port)))


def _us(seconds: float) -> int:
    return round(seconds * SECOND_US)
