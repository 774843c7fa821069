"""The readers' side of the ingest figures: messages in which nineteen reads of twenty are repeats."""

import json
import struct
import time
from enum import StrEnum
from typing import Final

import numpy as np

BINARY: Final = np.dtype(
    [
        ("seen_us", "<i8"),
        ("epc", "V16"),
        ("bits", "<u2"),
        ("antenna", "<u2"),
        ("rssi", "<i2"),
        ("phase", "<u2"),
        ("channel", "<u4"),
        ("count", "<u2"),
        ("reserved", "<u2"),
    ]
)
"""One read of the binary form."""
READERS: Final = 24
TAGS: Final = 40_000
TIMES: Final = 20
"""How often each tag is read before others have their turn: the first is kept, the rest are repeats."""
GROUP: Final = 10
"""Messages' worth of tags that are read in turn."""


class Form(StrEnum):
    """Which native form the messages have."""

    BINARY = "binary"
    COLUMNS = "columns"


class Stream:
    """An endless row of messages. A block of tags belongs to one reader, and is read twenty times within a moment."""

    def __init__(self, form: Form, reads: int) -> None:
        self._form = form
        self._n = 0
        self._seqs = [0] * READERS
        boot, rng = time.time_ns(), np.random.default_rng(3)
        self._blocks = [_Block(range(first, first + reads), boot, rng) for first in range(0, TAGS, reads)]

    def next(self, now_us: int) -> tuple[str, bytes]:
        """(reader, payload) of the next message, its reads a microsecond apart."""
        group, place = divmod(self._n, GROUP * TIMES)
        number = (group * GROUP + place % GROUP) % len(self._blocks)
        reader = number % READERS
        seq, self._seqs[reader] = self._seqs[reader], self._seqs[reader] + 1
        self._n += 1
        block = self._blocks[number]
        body = block.binary if self._form is Form.BINARY else block.columns
        return f"r{reader}", body(seq, now_us)


class _Block:
    """Some tags, with all that stays the same of their messages made once."""

    def __init__(self, serials: range, boot: int, rng: np.random.Generator) -> None:
        self._boot = boot
        n = len(serials)
        epcs = [f"3034257BF7194E40{serial:08X}" for serial in serials]
        rssi = np.round(rng.uniform(-60, -50, n), 1)
        self._records = np.zeros(n, BINARY)
        self._records["bits"], self._records["antenna"] = 96, 1
        self._records["rssi"], self._records["phase"] = np.rint(rssi * 100), 65535
        for i, epc in enumerate(epcs):
            self._records["epc"][i] = np.void(bytes.fromhex(epc).ljust(16, b"\0"))
        rest = {"epc": epcs, "antenna": [1] * n, "rssi_dbm": rssi.tolist()}
        self._rest = json.dumps(rest, separators=(",", ":"))[1:]

    def binary(self, seq: int, now_us: int) -> bytes:
        """Lay the message out as records."""
        n = self._records.size
        self._records["seen_us"] = np.arange(now_us, now_us + n)
        return struct.pack("<4sIQQ", b"TPR1", n, seq, self._boot) + self._records.tobytes()

    def columns(self, seq: int, now_us: int) -> bytes:
        """Write the message as JSON."""
        seen = ",".join(map(str, range(now_us, now_us + self._records.size)))
        return f'{{"v":1,"boot":"{self._boot}","seq":{seq},"columns":{{"seen_us":[{seen}],{self._rest}}}'.encode()
