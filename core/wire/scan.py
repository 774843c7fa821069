"""
Readers' JSON of a known shape becomes reads here, straight from its bytes; all else is somebody else's to read.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Self

import numpy as np

from core.wire.kernels_objects import take_columns, take_rows
from core.wire.kernels_records import RECORD_BYTES, take_records
from core.wire.records import (
    ANY,
    KEY,
    NAME_BYTES_MAX,
    NOWHERE,
    OUTSIDE,
    PAD,
    READ,
    REFUSED,
    WHOLE,
    WORDS,
    Bytes,
    Records,
)

TEXT_BYTES_MAX: Final = 1 << 20
"""The longest message that is looked at."""
READS_MAX: Final = 20_000
"""The most reads that one message may hold."""


class _Room(threading.local):
    """Where a thread's kernels find a message with PAD behind it, and write its reads: used again for the next one."""

    def __init__(self) -> None:
        self.text = np.zeros(TEXT_BYTES_MAX + len(PAD), np.uint8)
        self.reads = np.empty(READS_MAX, READ)
        self._window = self.text.data

    def lay(self, payload: bytes) -> tuple[Bytes, Records]:
        """The text of a message, not longer than TEXT_BYTES_MAX, and room for its reads."""
        end = len(payload)
        window = self._window
        window[:end] = payload
        window[end : end + len(PAD)] = PAD
        return self.text, self.reads


_ROOM: Final = _Room()


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that a shape knows; see core.wire.records.KEY."""

    name: str
    kind: int
    field: int = NOWHERE
    scope: int = OUTSIDE
    low: float = 0.0
    high: float = 0.0
    unit: float = 1.0
    needed: bool = False
    nullable: bool = False

    def record(self) -> tuple[object, ...]:
        """As the kernels have it."""
        quoted = f'"{self.name}"'.encode()
        assert len(quoted) <= NAME_BYTES_MAX
        name = np.frombuffer(quoted.ljust(NAME_BYTES_MAX, b"\0"), "<u8")
        mask = np.frombuffer((b"\xff" * len(quoted)).ljust(NAME_BYTES_MAX, b"\0"), "<u8")
        return (
            name,
            mask,
            len(quoted),
            self.scope,
            self.kind,
            self.field,
            self.low,
            self.high,
            self.unit,
            self.nullable,
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """What a message may hold: its keys, as the kernels have them, and which of them must be there."""

    keys: Records
    needed: int

    @classmethod
    def of(cls, *keys: Key, words: Sequence[str] = ()) -> Self:
        """The shape of these keys; a value of kind WORD is one of the words."""
        every = [*keys, *(Key(name=word, kind=ANY, scope=WORDS) for word in words)]
        needed = sum(1 << i for i, key in enumerate(every) if key.needed)
        return cls(np.array([key.record() for key in every], KEY), needed)

    def rows(self, payload: bytes, start: int) -> tuple[Records, int] | None:
        """
        Read objects, in a list or one alone: (READ[n], where they end), n from 1 to READS_MAX.

        payload  of at most TEXT_BYTES_MAX

        None where anything at all is not known for certain to be good.
        """
        text, reads = _ROOM.lay(payload)
        n, end = take_rows(text, start, self.keys, self.needed, reads)
        return None if end == REFUSED else (_kept(reads, n), end)

    def columns(self, payload: bytes, start: int) -> tuple[Records, int] | None:
        """Read an object of lists, one a column; otherwise as `rows`."""
        text, reads = _ROOM.lay(payload)
        n, end = take_columns(text, start, self.keys, self.needed, reads)
        return None if end == REFUSED else (_kept(reads, n), end)


def _kept(reads: Records, n: int) -> Records:
    """The first n reads of a thread's room, for good. Copying them as records would go field by field."""
    return np.frombuffer(reads[:n].tobytes(), READ)


def records(payload: bytes, start: int, n: int) -> Records | None:
    """Read n fixed binary records, all of which lie in the payload; None where any is not known to be good."""
    text, reads = _ROOM.lay(payload)
    end = take_records(text, start, reads[:n])
    return None if end == REFUSED else _kept(reads, n)


@cache
def warm_up() -> None:
    """Compile the kernels, once a process: every shape has the same ones."""
    shape = Shape.of(Key(name="seen_us", kind=WHOLE, needed=True))
    shape.rows(b'[{"seen_us":1}]', 0)
    shape.columns(b'{"seen_us":[1]}', 0)
    records(bytes(RECORD_BYTES), 0, 1)
