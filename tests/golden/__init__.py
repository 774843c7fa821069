"""
Messages as readers send them, byte for byte, and what each must become: ours to add to, never to regenerate.

`<format>/<name>.payload` is the message; `<name>.json` beside it says who sent it and what it means.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.columns import hexes_from_keys
from core.site import Reader, ReaderFormat
from ingest.adapters import Decoded, Message

HERE = Path(__file__).parent
ARRIVED_US = 1_795_298_413_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """One message and what it must become: `expect` is as `plain` gives it, or `bad` is the dead letter's reason."""

    name: str
    message: Message
    expect: dict[str, Any] | None
    bad: str


def load(name: str) -> Golden:
    """Read one golden message by its name, such as `zebra/simple`."""
    path = HERE / f"{name}.json"
    said = json.loads(path.read_text())
    reader = Reader(id="dock-1", name="Dock 1", format=ReaderFormat(path.parent.name), mapping=said.get("mapping", {}))
    payload = path.with_suffix(".payload").read_bytes()
    message = Message(topic=said["topic"], payload=payload, arrived_us=ARRIVED_US, reader=reader)
    return Golden(name=name, message=message, expect=said.get("expect"), bad=said.get("bad", ""))


def names() -> list[str]:
    """All golden messages."""
    return sorted(f"{path.parent.name}/{path.stem}" for path in HERE.glob("*/*.json"))


def plain(decoded: Decoded) -> dict[str, Any]:
    """What a message became, as JSON has it, without what it doesn't say."""
    reads = decoded.reads
    epcs = hexes_from_keys(reads.epc_hi, reads.epc_lo, decoded.long_epcs)
    columns = {
        "raw_us": reads.raw_us.tolist(),
        "epc": epcs,
        "antenna": reads.antenna.tolist(),
        "rssi_dbm": [round(float(v), 2) for v in reads.rssi_dbm],
        "phase_deg": [round(float(v), 2) for v in reads.phase_deg],
        "channel_mhz": [round(float(v), 3) for v in reads.channel_mhz],
        "count": reads.count.tolist(),
    }
    nothing = {"antenna": 0, "rssi_dbm": -200.0, "phase_deg": -1.0, "channel_mhz": 0.0, "count": 1}
    rows = [
        {name: column[i] for name, column in columns.items() if column[i] != nothing.get(name)}
        for i in range(len(reads))
    ]
    events = [
        {"kind": e.kind.value, "seen_us": e.seen_us}
        | {k: v for k, v in {"port": e.port, "value": e.value, "epc": e.epc, "text": e.text}.items() if v}
        for e in decoded.events
    ]
    sensors = [
        {"seen_us": s.seen_us, "sensor": s.sensor, "quantity": s.quantity, "value": s.value} for s in decoded.sensors
    ]
    said = {
        "reads": rows,
        "events": events,
        "sensors": sensors,
        "quarantined": decoded.quarantined,
        "ignored": decoded.ignored,
        "boot": decoded.boot,
        "seq": decoded.seq,
        "event_nums": decoded.event_nums,
    }
    return {name: value for name, value in said.items() if value or value == 0}
