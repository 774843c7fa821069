"""
The firmware of a Zebra fixed reader with IoT Connector, in all its operating modes but DIRECTIONALITY.
"""

from typing import Any, Final

import msgspec

from firmware_sim.outgoing import SECOND_US, Epcs, Health, Outgoing, utc
from firmware_sim.plan import ReaderPlan
from firmware_sim.reads import Reads
from firmware_sim.zebra_health import Counters, heartbeat_data, status_payload

READS_MAX: Final = 500
"""No batched array is longer than this (about 100 kB)."""
PORTAL_STOP_S: Final = 3.0
"""A portal stops this long after the last tag that was new to it."""
BLE_EVERY_S: Final = 20.0
FORGET_AFTER_S: Final = 60.0
"""CONVEYOR and PORTAL tell a tag again when it comes back after this long."""
_encode = msgspec.json.encode


class ZebraFirmware:
    """A reader whose data and management events go to topics that its operator chose."""

    def __init__(self, plan: ReaderPlan, epcs: Epcs) -> None:
        self.plan = plan
        self._epcs = epcs
        self._event_no = 0
        self._management_no = 0
        self._counters = Counters()
        self._told: dict[tuple[int, int], int] = {}
        self._inputs: dict[int, bool] = {}
        self._portal_until_us = 0
        self._ble_us = 0
        self._health = Health(up_since_us=0, connected={})

    # Envelopes.

    def _data(self, payload: bytes, reads: int) -> Outgoing:
        self._counters.messages += 1
        topic = f"{self.plan.topic_root}/data"
        return Outgoing(reader=self.plan.id, topic=topic, payload=payload, reads=reads, data=True)

    def _management(self, kind: str, now_us: int, data: dict[str, Any], component: str = "RG") -> Outgoing:
        self._management_no += 1
        event = {
            "type": kind,
            "timestamp": utc(now_us, "+0000"),
            "component": component,
            "eventNum": self._management_no,
            "data": data,
        }
        return Outgoing(reader=self.plan.id, topic=f"{self.plan.topic_root}/events", payload=self._written(event))

    def _written(self, event: dict[str, Any] | list[dict[str, Any]]) -> bytes:
        """Newer firmware writes an object's keys in order of the alphabet; older as they are documented."""
        return _encode(event, order="sorted" if self.plan.newer else None)

    def _next_event(self) -> int:
        self._event_no += 1
        return self._event_no

    # What it says of itself.

    def will(self) -> Outgoing | None:
        """Give none: the maker documents no last will."""
        return None

    def birth(self, now_us: int, health: Health) -> list[Outgoing]:
        """Start with a heartbeat."""
        return self.heartbeat(now_us, health)

    def heartbeat(self, now_us: int, health: Health) -> list[Outgoing]:
        """Tell the reader's health in the documented shape, or in that of newer firmware."""
        self._health = health
        data = heartbeat_data(self.plan, self._counters, health, self._inputs, now_us)
        return [self._management("heartbeat", now_us, data)]

    def gpi(self, port: int, now_us: int, *, low: bool) -> list[Outgoing]:
        """Tell that an input changed; inputs are active-low. The first input starts a portal."""
        self._inputs[port] = low
        if low:
            self._portal_until_us = now_us + int(PORTAL_STOP_S * SECOND_US)
        return [self._management("gpi", now_us, {"pin": port, "state": "LOW" if low else "HIGH"})]

    def antenna(self, port: int, now_us: int, *, connected: bool) -> list[Outgoing]:
        """Tell, in a sentence, that an antenna came or went."""
        text = f"Antenna {'Reconnected' if connected else 'Disconnected'} on Port {port}"
        kind = "warning" if connected else "error"
        return [self._management(kind, now_us, {"message": text}, "RC")]

    def overflow(self, purged: int, remaining: int, span_us: tuple[int, int], now_us: int) -> list[Outgoing]:
        """Tell that the store was full; how much was lost is in the next heartbeat."""
        del purged, remaining, span_us
        return [self._management("warning", now_us, {"message": "data retention queue full"})]

    def reboot(self, now_us: int) -> None:
        """Lose all counters: event numbers begin again."""
        del now_us
        self._event_no = self._management_no = 0
        self._counters = Counters()
        self._told.clear()
        self._inputs.clear()

    # Tag data.

    def reads(self, reads: Reads, now_us: int) -> list[Outgoing]:
        """Tell what the operating mode lets through: one object, or an array where there are several."""
        self._counters.note(reads)
        rows = self._let_through(list(zip(*self._columns(reads), strict=True)), now_us)
        events = [self._event(epc, port, level, seen_us, count) for _, port, level, seen_us, count, epc in rows]
        messages = []
        for start in range(0, len(events), READS_MAX):
            part = events[start : start + READS_MAX]
            body = part if len(part) > 1 else part[0]
            messages.append(self._data(self._written(body), len(part)))
        return [*messages, *self._beacon(now_us)]

    def _columns(self, reads: Reads) -> tuple[list[Any], ...]:
        columns = (reads.tag, reads.port, reads.level_dbm.round(), reads.seen_us, reads.count)
        return (*(column.tolist() for column in columns), self._epcs(reads.tag))

    def _let_through(self, rows: list[Any], now_us: int) -> list[Any]:
        mode = self.plan.style
        if mode in {"INVENTORY", "CUSTOM"}:
            return rows
        if mode == "PORTAL" and now_us > self._portal_until_us:
            return []
        kept = [row for row in rows if self._is_news(row[0], 0 if mode == "SIMPLE" else row[1], row[3])]
        if mode == "PORTAL" and kept:
            self._portal_until_us = now_us + int(PORTAL_STOP_S * SECOND_US)
        return kept

    def _is_news(self, tag: int, port: int, seen_us: int) -> bool:
        """SIMPLE tells a tag once; CONVEYOR and PORTAL once for each antenna, and again when it comes back."""
        last_us = self._told.get((tag, port))
        if self.plan.style == "SIMPLE":
            self._told.setdefault((tag, port), seen_us)
            return last_us is None
        self._told[tag, port] = seen_us
        return last_us is None or seen_us - last_us > FORGET_AFTER_S * SECOND_US

    def _event(self, epc: str, port: int, level_dbm: float, seen_us: int, count: int) -> dict[str, Any]:
        """Make one tag data event with the fields that its mode tells (CUSTOM: those asked for)."""
        data: dict[str, Any] = {"eventNum": self._next_event(), "format": "epc", "idHex": epc.lower()}
        if self.plan.style != "SIMPLE":
            data["antenna"] = port
        if self.plan.style in {"INVENTORY", "CUSTOM"}:
            data |= {"peakRssi": int(level_dbm), "reads": count}
        return {"type": self.plan.style, "timestamp": utc(seen_us, "+0000"), "data": data}

    def _beacon(self, now_us: int) -> list[Outgoing]:
        """Newer readers tell Bluetooth beacons on the same topic now and then."""
        if not self.plan.newer or now_us < self._ble_us + BLE_EVERY_S * SECOND_US:
            return []
        self._ble_us = now_us
        data = {
            "Adapter": "/org/bluez/hci0",
            "Address": "CF:C7:E6:45:DE:F7",
            "RSSI": -66,
            "UUIDs": ["0000feaa-0000-1000-8000-00805f9b34fb"],
            "beaconType": "EDDYSTONE_TLM",
            "eddystone": {"batteryVoltage": 2987, "temperature": 21.5},
        }
        body = {"data": data, "eventNum": self._next_event(), "timestamp": utc(now_us, "+00:00"), "type": "BLE_DATA"}
        return [self._data(_encode(body), 0)]

    # Commands.

    def command_topic(self) -> str:
        """Give the control topic."""
        return f"{self.plan.topic_root}/ctrl/cmd"

    def answer(self, payload: bytes, now_us: int) -> list[Outgoing]:
        """Answer set_gpo, set_appled and get_status; fail the others as the maker does."""
        try:
            asked = msgspec.json.decode(payload, type=dict[str, Any])
        except msgspec.DecodeError as exc:
            return [self._response({}, {"code": 1, "message": str(exc)}, ok=False)]
        details = asked.get("payload")
        match asked.get("command"), details:
            case "get_status", {} | None:
                return [self._response(asked, status_payload(self.plan, self._health, now_us), ok=True)]
            case "set_gpo", {"port": int(port), "state": bool(state)}:
                event = self._management("gpo", now_us, {"pin": port, "state": "HIGH" if state else "LOW"})
                return [self._response(asked, {}, ok=True), event]
            case "set_appled", {"color": "red" | "green" | "amber"}:
                return [self._response(asked, {}, ok=True)]
        problem = {"code": 1, "message": "invalid payload for the command, or no such command"}
        return [self._response(asked, problem, ok=False)]

    def _response(self, asked: dict[str, Any], payload: dict[str, Any], *, ok: bool) -> Outgoing:
        body = {
            "command": str(asked.get("command", "")),
            "command_id": str(asked.get("command_id", "")),
            "response": "success" if ok else "failure",
            "payload": payload,
        }
        return Outgoing(reader=self.plan.id, topic=f"{self.plan.topic_root}/ctrl/res", payload=_encode(body))
