"""The readers' side of the ingest figures: messages in which nineteen reads of twenty are repeats."""

import struct
import time
from datetime import UTC, datetime
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
LANES: Final = 8
"""Readers that take their turns: few, so that a tag's reads lie close together also where messages go slowly."""
TAGS: Final = 100_000
TIMES: Final = 20
"""In how many messages of its reader each tag stands, one after the other: the first is kept, the rest are repeats."""
WINDOW_US: Final = 1_000_000
"""How close a read must follow a kept one of the same tag to be a repeat."""


class Form(StrEnum):
    """Which form the messages have: two of ours, and what Zebra's and Impinj's readers say."""

    BINARY = "binary"
    COLUMNS = "columns"
    ZEBRA = "zebra"
    IMPINJ = "impinj"


class Stream:
    """An endless row of messages. Each reader's tags pass it by: of twenty in a message, one is new there."""

    def __init__(self, form: Form, reads: int, times: int = TIMES) -> None:
        self._form = form
        self._n = 0
        self._reads, self._times = reads, times
        boot, rng, each = time.time_ns(), np.random.default_rng(3), TAGS // LANES
        self._lanes = [_Lane(range(i * each, (i + 1) * each), reads, boot, rng) for i in range(LANES)]

    def next(self, now_us: int) -> tuple[str, bytes]:
        """(reader, payload) of the next message, its reads a microsecond apart."""
        seq, number = divmod(self._n, LANES)
        self._n += 1
        lane = self._lanes[number]
        return reader_of(self._form, number), getattr(lane, self._form)(seq, seq * self._reads // self._times, now_us)


def reader_of(form: Form, lane: int) -> str:
    """The reader of a lane that speaks this form."""
    return f"{'z' if form is Form.ZEBRA else 'i' if form is Form.IMPINJ else 'r'}{lane}"


class _Lane:
    """A reader's tags in a ring, with all that stays the same of their reads made once."""

    def __init__(self, serials: range, reads: int, boot: int, rng: np.random.Generator) -> None:
        self._boot = boot
        self._size, self._reads = len(serials), reads
        epcs = [f"3034257BF7194E40{serial:08X}" for serial in serials]
        rssi = np.round(rng.uniform(-60, -50, len(serials)), 1)
        ring = np.arange(len(serials) + reads) % len(serials)
        records = np.zeros(len(serials), BINARY)
        records["bits"], records["antenna"] = 96, 1
        records["rssi"], records["phase"] = np.rint(rssi * 100), 65535
        for i, epc in enumerate(epcs):
            records["epc"][i] = np.void(bytes.fromhex(epc).ljust(16, b"\0"))
        self._records = records[ring]
        self._epcs = [f'"{epcs[i]}"' for i in ring]
        self._levels = [str(level) for level in rssi[ring].tolist()]
        self._antennas = ",".join(["1"] * reads)
        self._zebra = [
            f'"format":"epc","idHex":{epc.lower()},"peakRssi":{round(float(level))},"reads":1}},"timestamp":"'
            for epc, level in zip(self._epcs, self._levels, strict=True)
        ]

    def binary(self, seq: int, first: int, now_us: int) -> bytes:
        """Lay a message out as records, from this tag of the ring on."""
        start, n = first % self._size, self._reads
        records = self._records[start : start + n].copy()
        records["seen_us"] = np.arange(now_us, now_us + n)
        return struct.pack("<4sIQQ", b"TPR1", n, seq, self._boot) + records.tobytes()

    def columns(self, seq: int, first: int, now_us: int) -> bytes:
        """Write a message as JSON."""
        these = slice(first % self._size, first % self._size + self._reads)
        columns = {
            "seen_us": ",".join(map(str, range(now_us, now_us + self._reads))),
            "epc": ",".join(self._epcs[these]),
            "antenna": self._antennas,
            "rssi_dbm": ",".join(self._levels[these]),
        }
        body = ",".join(f'"{name}":[{values}]' for name, values in columns.items())
        return f'{{"v":1,"boot":"{self._boot}","seq":{seq},"columns":{{{body}}}}}'.encode()

    def zebra(self, seq: int, first: int, now_us: int) -> bytes:
        """Write a message as the IoT Connector does, an event a read; its times have milliseconds."""
        when = datetime.fromtimestamp(now_us // 1_000 / 1e3, UTC).isoformat(timespec="milliseconds")
        tail = when.replace("+00:00", "+0000") + '","type":"INVENTORY"}'
        start, number = first % self._size, seq * self._reads
        events = (
            f'{{"data":{{"antenna":1,"eventNum":{number + i},{self._zebra[start + i]}{tail}' for i in range(self._reads)
        )
        return f"[{','.join(events)}]".encode()

    def impinj(self, seq: int, first: int, now_us: int) -> bytes:  # noqa: ARG002 - as the others
        """Write the one event of a message of an R700."""
        at = first % self._size
        when = datetime.fromtimestamp(now_us / 1e6, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        level = round(float(self._levels[at]) * 100)
        event = f'"epcHex":{self._epcs[at]},"antennaPort":1,"peakRssiCdbm":{level},"frequency":920625'
        return f'{{"timestamp":"{when}","tagInventoryEvent":{{{event}}}}}'.encode()
