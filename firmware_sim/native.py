"""
The native firmware: what docs/wire.md says, in its three payload forms.
"""

from typing import Any, Final

import msgspec
import numpy as np

from firmware_sim.outgoing import Epcs, Health, Outgoing
from firmware_sim.plan import ReaderPlan
from firmware_sim.reads import Reads

READS_MAX: Final = 500
"""No message carries more reads than this."""
VERSION: Final = "1.4.2"
RECORD: Final = np.dtype(
    [
        ("seen_us", "<i8"),
        ("epc", "S16"),
        ("epc_bits", "<u2"),
        ("antenna", "<u2"),
        ("rssi_cdbm", "<i2"),
        ("phase_cdeg", "<u2"),
        ("channel_khz", "<u4"),
        ("count", "<u2"),
        ("reserved", "<u2"),
    ]
)
HEADER: Final = np.dtype([("magic", "S4"), ("n", "<u4"), ("seq", "<u8"), ("boot", "<u8")])
_CHANNELS_KHZ: Final = (865_700, 866_300, 866_900, 867_500)
_PHASE_MISSING: Final = 65_535
_HOP_US: Final = 400_000
_encode = msgspec.json.encode


class NativeFirmware:
    """A reader that speaks our own words."""

    def __init__(self, plan: ReaderPlan, site_id: str, epcs: Epcs, boot: int) -> None:
        self.plan = plan
        self._root = f"tallyport/v1/{site_id}/{plan.id}"
        self._epcs = epcs
        self._boot = boot
        self._seq = 0

    def _message(self, what: str, body: dict[str, Any], *, retain: bool = False, data: bool = False) -> Outgoing:
        payload = _encode({"v": 1, **body})
        return Outgoing(reader=self.plan.id, topic=f"{self._root}/{what}", payload=payload, retain=retain, data=data)

    def will(self) -> Outgoing:
        """Give the last will: offline."""
        return self._message("status", {"status": "offline"}, retain=True)

    def birth(self, now_us: int, health: Health) -> list[Outgoing]:
        """Say that it is online."""
        return self.heartbeat(now_us, health)

    def heartbeat(self, now_us: int, health: Health) -> list[Outgoing]:
        """Say that it is still online."""
        antennas = {str(port): "connected" if up else "disconnected" for port, up in health.connected.items()}
        body = {
            "status": "online",
            "seen_us": now_us,
            "boot": f"{self._boot:x}",
            "firmware": VERSION,
            "heartbeat_s": self.plan.heartbeat_s,
            "antennas": antennas,
            "buffered": health.buffered,
            "purged": health.purged,
        }
        return [self._message("status", body, retain=True)]

    def reads(self, reads: Reads, now_us: int) -> list[Outgoing]:
        """Tell reads in the form that this reader is set to."""
        del now_us
        forms = {"rows": self._rows, "columns": self._columns, "binary": self._binary}
        form = forms[self.plan.style]
        messages = []
        for start in range(0, reads.size, READS_MAX):
            part = reads.chosen(np.arange(start, min(start + READS_MAX, reads.size)))
            payload = form(part)
            self._seq += 1
            topic = f"{self._root}/reads"
            messages.append(Outgoing(reader=self.plan.id, topic=topic, payload=payload, reads=part.size, data=True))
        return messages

    def _run(self) -> dict[str, Any]:
        return {"v": 1, "boot": f"{self._boot:x}", "seq": self._seq}

    def _rows(self, reads: Reads) -> bytes:
        columns = self._values(reads)
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return _encode({**self._run(), "reads": rows})

    def _columns(self, reads: Reads) -> bytes:
        return _encode({**self._run(), "columns": self._values(reads)})

    def _values(self, reads: Reads) -> dict[str, list[Any]]:
        return {
            "seen_us": reads.seen_us.tolist(),
            "epc": self._epcs(reads.tag),
            "antenna": reads.port.tolist(),
            "rssi_dbm": (np.round(reads.level_dbm.astype(np.float64) * 2) / 2).tolist(),
            "channel_mhz": [_channel_khz(at) / 1_000 for at in reads.seen_us.tolist()],
            "count": reads.count.tolist(),
        }

    def _binary(self, reads: Reads) -> bytes:
        head = np.array([(b"TPR1", reads.size, self._seq, self._boot)], HEADER)
        body = np.zeros(reads.size, RECORD)
        body["seen_us"] = reads.seen_us
        body["epc"] = [bytes.fromhex(epc) for epc in self._epcs(reads.tag)]
        body["epc_bits"] = 96
        body["antenna"] = reads.port
        body["rssi_cdbm"] = np.round(reads.level_dbm * 100)
        body["phase_cdeg"] = _PHASE_MISSING
        body["channel_khz"] = [_channel_khz(at) for at in reads.seen_us.tolist()]
        body["count"] = np.minimum(reads.count, np.iinfo(np.uint16).max)
        return head.tobytes() + body.tobytes()

    def gpi(self, port: int, now_us: int, *, low: bool) -> list[Outgoing]:
        """Tell that an input changed; low means that the beam is broken."""
        body = {"seen_us": now_us, "event": "gpi", "port": port, "state": "low" if low else "high"}
        return [self._message("events", body)]

    def antenna(self, port: int, now_us: int, *, connected: bool) -> list[Outgoing]:
        """Tell that an antenna came or went."""
        state = "connected" if connected else "disconnected"
        return [self._message("events", {"seen_us": now_us, "event": "antenna", "port": port, "state": state})]

    def overflow(self, purged: int, remaining: int, span_us: tuple[int, int], now_us: int) -> list[Outgoing]:
        """Tell how many reads had to be thrown away."""
        del remaining, span_us
        return [self._message("events", {"seen_us": now_us, "event": "overflow", "purged": purged})]

    def sensors(self, readings: list[tuple[str, str, float]], now_us: int) -> list[Outgoing]:
        """Tell sensors' values: (sensor, quantity, value)."""
        rows = [{"seen_us": now_us, "sensor": s, "quantity": q, "value": value} for s, q, value in readings]
        return [self._message("sensor", {"readings": rows})]

    def reboot(self, now_us: int) -> None:
        """Start a new run of the firmware."""
        self._boot = now_us // 1_000
        self._seq = 0

    def command_topic(self) -> str:
        """Give the topic on which it takes commands."""
        return f"{self._root}/cmd"

    def answer(self, payload: bytes, now_us: int) -> list[Outgoing]:
        """Echo the command with what came of it; an output that was set is told as an event too."""
        try:
            asked = msgspec.json.decode(payload, type=dict[str, Any])
        except msgspec.DecodeError as exc:
            return [self._message("resp", {"seen_us": now_us, "response": "failure", "message": str(exc)})]
        known = asked.get("command") in {"set_gpo", "get_status"}
        told: dict[str, Any] = {key: asked[key] for key in ("command", "command_id") if key in asked}
        body: dict[str, Any] = {"seen_us": now_us, **told, "response": "success" if known else "failure"}
        if not known:
            return [self._message("resp", {**body, "message": "unknown command; send set_gpo or get_status"})]
        events = []
        if asked["command"] == "set_gpo":
            state = "high" if asked.get("state") else "low"
            event = {"seen_us": now_us, "event": "gpo", "port": asked.get("port", 1), "state": state}
            events.append(self._message("events", event))
        return [self._message("resp", body), *events]


def _channel_khz(seen_us: int) -> int:
    """Give the channel of an instant: the reader hops every 0.4 s."""
    return _CHANNELS_KHZ[seen_us // _HOP_US % len(_CHANNELS_KHZ)]
