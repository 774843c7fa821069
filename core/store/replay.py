"""
The committed steps after a checkpoint come back as the engine took them: reads, reader events and stream time.

Reads stream out of one sorted binary COPY and events out of a cursor, so that memory holds one step at a time.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from psycopg import AsyncCopy

from core.columns import keys_from_hex
from core.model.columns import READ_DTYPES, ReadColumns
from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.model.step import StoredReads
from core.store.connection import Connection
from core.store.packing import HEADER, TRAILER, record_dtype, unpack
from core.store.queries import QUERIES
from core.store.times import microseconds, timestamp
from core.store.write_reads import READ_TYPES

_PIECE_BYTES: Final = 1 << 20
_EVENTS_AT_ONCE: Final = 500
_REACH_US: Final = 3_600_000_000
"""On-time reads are at most the settle time older than their step; this is more, and still skips old chunks."""
_TYPES: Final = [type_ for _, type_ in READ_TYPES]
_NAMES: Final = [name for name, _ in READ_TYPES]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayStep:
    """One committed step, as far as the engine's state depends on it."""

    seq: int
    closed_us: int
    reads: StoredReads
    events: tuple[ReaderEvent, ...]
    taught: int


async def replay_steps(
    reads_conn: Connection, events_conn: Connection, site_id: str, after_seq: int
) -> AsyncIterator[ReplayStep]:
    """Give back the committed steps after one, in order. The connections are in transactions of their own."""
    cursor = await events_conn.execute(QUERIES["progress_after"], {"id": site_id, "seq": after_seq})
    steps = [(seq, microseconds(closed_at), taught) for seq, closed_at, taught in await cursor.fetchall()]
    if not steps:
        return
    keys = await _epc_keys(events_conn, site_id)
    events = _Events(_stored_events(events_conn, site_id, after_seq))
    since = timestamp(steps[0][1] - _REACH_US) if after_seq else None
    params = {"id": site_id, "seq": after_seq, "since": since}
    async with reads_conn.cursor().copy(QUERIES["reads_after"], params) as copy:
        records = _Records(copy)
        for seq, closed_us, taught in steps:
            columns = await records.of_step(seq)
            yield ReplayStep(
                seq=seq,
                closed_us=closed_us,
                reads=_stored_reads(columns, keys),
                events=await events.of_step(seq),
                taught=taught,
            )


class _Records:
    """The rows of a binary COPY that is sorted by seq, a step at a time."""

    def __init__(self, copy: AsyncCopy) -> None:
        self._pieces = copy.__aiter__()
        self._size = record_dtype(_TYPES).itemsize
        self._seq_at = _NAMES.index("seq")
        self._held = b""
        self._skip = len(HEADER)
        self._ended = False

    async def of_step(self, seq: int) -> list[npt.NDArray[Any]]:
        """The columns of one step's reads."""
        parts = []
        while True:
            whole = len(self._held) // self._size * self._size
            columns = unpack(self._held[:whole], _TYPES)
            n = int(np.searchsorted(columns[self._seq_at], seq, side="right"))
            parts.append([column[:n] for column in columns])
            self._held = self._held[n * self._size :]
            if n * self._size < whole or not await self._more():
                break
        assert all(np.all(part[self._seq_at] == seq) for part in parts), "a read of a step that was never finished"
        return [np.concatenate(column) for column in zip(*parts, strict=True)]

    async def _more(self) -> bool:
        """Take in the next pieces; False at the end."""
        pieces = [self._held]
        size = 0
        while size < _PIECE_BYTES and not self._ended:
            piece = bytes(await anext(self._pieces, b""))
            self._ended = not piece
            size += len(piece)
            pieces.append(piece[self._skip :])
            self._skip = max(0, self._skip - len(piece))
        self._held = b"".join(pieces)
        if self._ended:
            self._held = self._held.removesuffix(TRAILER)
        return size > 0


class _Events:
    """A stream of (seq, event) sorted by seq, a step at a time."""

    def __init__(self, source: AsyncIterator[tuple[int, ReaderEvent]]) -> None:
        self._source = source
        self._ahead: tuple[int, ReaderEvent] | None = None

    async def of_step(self, seq: int) -> tuple[ReaderEvent, ...]:
        """The events of one step."""
        found: list[ReaderEvent] = []
        while True:
            if self._ahead is None:
                self._ahead = await anext(self._source, None)
            if self._ahead is None or self._ahead[0] > seq:
                return tuple(found)
            found.append(self._ahead[1])
            self._ahead = None


async def _stored_events(conn: Connection, site_id: str, after_seq: int) -> AsyncIterator[tuple[int, ReaderEvent]]:
    async with conn.cursor("events") as cursor:
        cursor.itersize = _EVENTS_AT_ONCE
        await cursor.execute(QUERIES["events_after"], {"id": site_id, "seq": after_seq})
        async for seq, seen_at, arrived_at, reader, kind, port, value, epc, text in cursor:
            yield (
                seq,
                ReaderEvent(
                    seen_us=microseconds(seen_at),
                    arrived_us=microseconds(arrived_at),
                    reader=reader,
                    kind=ReaderEventKind(kind),
                    port=port,
                    value=value,
                    epc=epc,
                    text=text,
                ),
            )


async def _epc_keys(conn: Connection, site_id: str) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """(hi, lo) of every tag, indexed by its dense number."""
    cursor = await conn.execute(QUERIES["site_tags"], {"id": site_id})
    rows = await cursor.fetchall()
    size = rows[-1][0] + 1 if rows else 0
    hi, lo = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    if rows:
        index = np.array([tag_id for tag_id, _ in rows])
        hi[index], lo[index], _ = keys_from_hex([epc for _, epc in rows])
    return hi, lo


def _stored_reads(
    columns: list[npt.NDArray[Any]], keys: tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]
) -> StoredReads:
    by_name = dict(zip(_NAMES, columns, strict=True))
    tag_id = by_name["tag_id"].astype(np.int64)
    renamed = {
        "seen_us": by_name["seen_at"],
        "arrived_us": by_name["arrived_at"],
        "read_point": by_name["read_point_no"],
        "epc_hi": keys[0][tag_id],
        "epc_lo": keys[1][tag_id],
    }
    values = {**by_name, **renamed}
    return StoredReads(
        reads=ReadColumns(**{name: values[name].astype(dtype) for name, dtype in READ_DTYPES.items()}),
        tag_id=tag_id,
    )
