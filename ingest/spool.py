"""
Where messages wait on disk while the database is away: synced before the broker may forget them, given back in order.

SQLite does the writing (WAL, synchronous=FULL: a transaction that returned survives a power cut).
"""

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from core.clock import now_us
from core.counters import count
from core.errors import TallyportError
from core.model.spool_place import SpoolPlace
from core.mqtt import Delivery
from ingest.redelivery import mark_of

log = logging.getLogger(__name__)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS spool (id TEXT NOT NULL);
INSERT INTO spool SELECT lower(hex(randomblob(16))) WHERE NOT EXISTS (SELECT 1 FROM spool);
CREATE TABLE IF NOT EXISTS message (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    topic       BLOB NOT NULL,
    payload     BLOB NOT NULL,
    arrived_us  INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    problem     TEXT NOT NULL,
    retained    INTEGER NOT NULL,
    redelivered INTEGER NOT NULL,
    mark        INTEGER NOT NULL                -- of topic and payload, to notice bytes that changed
);
"""
_PUT: Final = """
INSERT INTO message (topic, payload, arrived_us, size, problem, retained, redelivered, mark)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_AFTER: Final = """
SELECT number, topic, payload, arrived_us, size, problem, retained, redelivered, mark FROM message
WHERE number > ? ORDER BY number LIMIT ?
"""
_NEWEST: Final = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'message'), 0)"
_WEIGHT: Final = "SELECT count(*), coalesce(sum(length(payload)), 0) FROM message"
_ROW_BYTES: Final = 100
"""What a message weighs beside its payload."""
DAMAGED: Final = "damaged on disk while it waited for the database: its bytes are not those that were written"


class SpoolFull(TallyportError):
    """No more messages can be put on disk."""


class SpoolBroken(TallyportError):
    """The file on disk can't be read or written."""


class Spool:
    """
    Messages of one site on disk, oldest first. Not for two threads at once.

    id         of the file
    count      how many are there
    bytes      what they weigh, about
    newest     number of the one put last
    forgotten  number up to which all have been dropped
    """

    def __init__(self, path: Path, bytes_max: int) -> None:
        """Open the file, which may hold messages of an earlier run. Raises SpoolBroken."""
        self._path = path
        self._bytes_max = bytes_max
        self.id = ""
        self.count = self.bytes = self.newest = self.forgotten = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
            (self.id,) = self._db.execute("SELECT id FROM spool").fetchone()
            (self.newest,) = self._db.execute(_NEWEST).fetchone()
            self._weigh()
        except (OSError, sqlite3.Error) as exc:
            raise SpoolBroken(f"{path} can't be used for messages that wait for the database: {exc}") from exc

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """
        Put messages at the end, all or none; once this returns they survive a power cut.

        Raises SpoolFull where they would be too many or the disk has no room, SpoolBroken for any other trouble.
        """
        weight = sum(len(d.payload) + _ROW_BYTES for d in deliveries)
        if self.bytes + weight > self._bytes_max:
            raise SpoolFull(f"{self._path} holds {self.bytes} bytes, and {self._bytes_max} is the limit")
        try:
            self._db.execute("BEGIN")
            self._db.executemany(_PUT, map(_row_of, deliveries))
            (newest,) = self._db.execute(_NEWEST).fetchone()
            self._db.execute("COMMIT")
        except sqlite3.Error as exc:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if exc.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise SpoolFull(f"no room on the disk of {self._path}: {exc}") from exc
            raise SpoolBroken(f"{self._path}: {exc}") from exc
        self.newest = newest
        self.count += len(deliveries)
        self.bytes += weight

    def after(self, number: int, limit: int) -> list[Delivery]:
        """
        Return the messages after a number, oldest first; acknowledging one does nothing.

        One whose bytes have changed, or that can't be read, comes with a problem that says so: it is kept as a dead
        letter, and counted.
        """
        try:
            return [self._delivery(*row) for row in self._db.execute(_AFTER, (number, limit))]
        except sqlite3.DatabaseError:
            # A page of the file is damaged: whatever stands on others is found by its number.
            return [self._single(n) for n in range(number + 1, min(number + limit, self.newest) + 1)]

    def forget(self, number: int) -> None:
        """Drop the messages up to and with this number, and give their room back once none is left."""
        self.forgotten = max(self.forgotten, number)
        try:
            self._db.execute("DELETE FROM message WHERE number <= ?", (number,))
            self._weigh()
            if self.count == 0:
                self._db.execute("PRAGMA incremental_vacuum")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.DatabaseError:
            # Where it can't be dropped it stays: the database knows up to where all is committed.
            log.exception("spool damaged", extra={"action": "spool_damaged", "file": str(self._path)})

    def close(self) -> None:
        """Close the file; what it holds stays."""
        self._db.close()

    def _weigh(self) -> None:
        try:
            self.count, payloads = self._db.execute(_WEIGHT).fetchone()
            self.bytes = payloads + self.count * _ROW_BYTES
        except sqlite3.DatabaseError:  # a damaged page: as many as there can be
            self.count, self.bytes = self.newest - self.forgotten, self._path.stat().st_size

    def _single(self, number: int) -> Delivery:
        """Read one message of a damaged file."""
        try:
            (row,) = self._db.execute(_AFTER, (number - 1, 1)).fetchall()
        except (sqlite3.DatabaseError, ValueError):
            return self._unreadable(number)
        return self._delivery(*row) if row[0] == number else self._unreadable(number)

    def _unreadable(self, number: int) -> Delivery:
        count("ingest.spool_damaged")
        place = SpoolPlace(self.id, number)
        return Delivery(topic="", payload=b"", arrived_us=now_us(), ack=_nothing, problem=DAMAGED, spooled=place)

    def _delivery(self, number: int, topic: bytes, payload: bytes, *facts: Any) -> Delivery:  # noqa: ANN401 - a row's rest
        arrived_us, size, problem, retained, redelivered, mark = facts
        delivery = Delivery(
            topic=topic.decode("utf-8", "surrogatepass"),
            payload=payload,
            arrived_us=arrived_us,
            ack=_nothing,
            size=size,
            problem=problem,
            retained=bool(retained),
            redelivered=bool(redelivered),
            spooled=SpoolPlace(self.id, number),
        )
        if mark_of(delivery) != mark:
            count("ingest.spool_damaged")
            delivery = replace(delivery, problem=DAMAGED)
        return delivery


def open_spool(path: Path, bytes_max: int) -> Spool:
    """
    Open a spool, which may hold messages of an earlier run; a file that is none, or damaged, is put aside with its log.

    Raises SpoolBroken where no file can be made there, or somebody else has it: trying again later loses nothing.
    """
    try:
        return Spool(path, bytes_max)
    except SpoolBroken as exc:
        if getattr(exc.__cause__, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
    aside = path.with_name(f"{path.name}.broken-{now_us()}")
    for rest in ("", "-wal", "-shm"):
        part = path.with_name(path.name + rest)
        if part.exists():
            part.rename(aside.with_name(aside.name + rest))
    count("ingest.spools_broken")
    log.error("spool put aside: it may hold reads", extra={"action": "spool_broken", "file": str(aside)})
    return Spool(path, bytes_max)


def _row_of(delivery: Delivery) -> tuple[Any, ...]:
    return (
        delivery.topic.encode("utf-8", "surrogatepass"),
        delivery.payload,
        delivery.arrived_us,
        delivery.size,
        delivery.problem,
        delivery.retained,
        delivery.redelivered,
        mark_of(delivery),
    )


def _nothing() -> None:
    """Acknowledge nobody."""
