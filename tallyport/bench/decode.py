"""From a message's bytes to columns, on one core."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

import msgspec
import numpy as np

from core.site import Reader, ReaderFormat
from ingest.adapters import ADAPTERS
from ingest.adapters.decoded import Message
from tallyport.bench.figure import Figure, rates
from tallyport.bench.stream import BINARY
from tallyport.bench.structs import STRUCTS

READS_A_MESSAGE: Final = 100
MESSAGES: Final = 200
START_US: Final = 1_795_298_412_000_000


def decode_figures() -> Iterator[Figure]:
    """Each documented shape of a message against general decoders of the same bytes."""
    untyped = msgspec.json.Decoder()
    for name, reader_format, topic, payloads in _shapes():
        reads = sum(n for n, _ in payloads)
        reader = Reader(id="r", name="r", format=reader_format, topics=(topic,))
        messages = [Message(topic=topic, payload=p, arrived_us=START_US, reader=reader) for _, p in payloads]
        bodies = [p for _, p in payloads]
        works = {"ours": partial(_each, ADAPTERS[reader_format], messages), "limit": partial(_each, bytearray, bodies)}
        if name in STRUCTS:
            peers = {
                "msgspec structs to columns": STRUCTS[name],
                "json.loads": json.loads,
                "msgspec untyped": untyped.decode,
            }
            works |= {peer: partial(_each, call, bodies) for peer, call in peers.items()}
        found = rates(works, reads)
        yield Figure(
            name=f"decode/{name}",
            ours=found.pop("ours"),
            limit=found.pop("limit"),
            unit="reads/s",
            peers=found,
            setting={
                "reads_a_message": reads // len(payloads),
                "bytes_a_read": len(payloads[0][1]) * len(payloads) // reads,
            },
        )


def _shapes() -> Iterator[tuple[str, ReaderFormat, str, list[tuple[int, bytes]]]]:
    """(name, format, topic, [(reads, payload)]) of every shape."""
    rng = np.random.default_rng(7)
    rows, columns, binary, zebra, impinj = [], [], [], [], []
    for m in range(MESSAGES):
        seen = [START_US + m * 1_000 + i for i in range(READS_A_MESSAGE)]
        epcs = [f"3034257BF7194E40{int(n):08X}" for n in rng.integers(0, 2**32, READS_A_MESSAGE)]
        rssi = [float(v) for v in np.round(rng.uniform(-75, -40, READS_A_MESSAGE), 1)]
        rows.append((READS_A_MESSAGE, _rows(m, seen, epcs, rssi)))
        columns.append((READS_A_MESSAGE, _columns(m, seen, epcs, rssi)))
        binary.append((READS_A_MESSAGE, _binary(m, seen, epcs, rssi)))
        zebra.append((READS_A_MESSAGE, _zebra(epcs, rssi)))
        impinj += [(1, _impinj(epc, level)) for epc, level in zip(epcs[:10], rssi[:10], strict=True)]
    native = "tallyport/v1/s/r/reads"
    yield "rows", ReaderFormat.NATIVE, native, rows
    yield "columns", ReaderFormat.NATIVE, native, columns
    yield "binary", ReaderFormat.NATIVE, native, binary
    yield "zebra", ReaderFormat.ZEBRA, "zebra/r/data", zebra
    yield "impinj", ReaderFormat.IMPINJ, "impinj/r/events", impinj


def _each(call: Callable[[Any], object], messages: Iterable[object]) -> None:
    for message in messages:
        call(message)


def _rows(seq: int, seen: list[int], epcs: list[str], rssi: list[float]) -> bytes:
    reads = [{"seen_us": t, "epc": e, "antenna": 1, "rssi_dbm": r} for t, e, r in zip(seen, epcs, rssi, strict=True)]
    return json.dumps({"v": 1, "boot": "b", "seq": seq, "reads": reads}, separators=(",", ":")).encode()


def _columns(seq: int, seen: list[int], epcs: list[str], rssi: list[float]) -> bytes:
    columns = {"seen_us": seen, "epc": epcs, "antenna": [1] * len(seen), "rssi_dbm": rssi}
    return json.dumps({"v": 1, "boot": "b", "seq": seq, "columns": columns}, separators=(",", ":")).encode()


def _binary(seq: int, seen: list[int], epcs: list[str], rssi: list[float]) -> bytes:
    records = np.zeros(len(seen), BINARY)
    records["seen_us"], records["bits"], records["antenna"] = seen, 96, 1
    records["rssi"], records["phase"] = np.rint(np.array(rssi) * 100), 65535
    for i, epc in enumerate(epcs):
        records["epc"][i] = np.void(bytes.fromhex(epc).ljust(16, b"\0"))
    header = b"TPR1" + len(seen).to_bytes(4, "little") + seq.to_bytes(8, "little") + (1).to_bytes(8, "little")
    return header + records.tobytes()


def _zebra(epcs: list[str], rssi: list[float]) -> bytes:
    events = [
        {
            "data": {"antenna": 1, "eventNum": i, "format": "epc", "idHex": e.lower(), "peakRssi": int(r), "reads": 1},
            "timestamp": "2026-09-07T12:50:55.513+0000",
            "type": "INVENTORY",
        }
        for i, (e, r) in enumerate(zip(epcs, rssi, strict=True))
    ]
    return json.dumps(events, separators=(",", ":")).encode()


def _impinj(epc: str, rssi: float) -> bytes:
    event = {"epcHex": epc, "antennaPort": 1, "peakRssiCdbm": int(rssi * 100), "frequency": 920_625}
    return json.dumps({"timestamp": "2026-04-02T12:00:00.123Z", "tagInventoryEvent": event}).encode()
