"""
The firmware of an Impinj R700: one ReaderEvent in each message, as its IoT Device Interface says.
"""

import base64
from typing import Any, Final

import msgspec

from firmware_sim.outgoing import Epcs, Health, Outgoing, utc
from firmware_sim.plan import ReaderPlan
from firmware_sim.reads import Reads

TRANSMIT_POWER_CDBM: Final = 3_000
_CHANNELS_KHZ: Final = (865_700, 866_300, 866_900, 867_500)
_HOP_US: Final = 400_000
_encode = msgspec.json.encode


class ImpinjFirmware:
    """An R700. It numbers nothing, and tells nothing of its inputs over MQTT."""

    def __init__(self, plan: ReaderPlan, epcs: Epcs) -> None:
        self.plan = plan
        self._epcs = epcs
        self._hostname = f"impinj-{plan.id}"

    def _event(self, at_us: int, name: str, body: dict[str, Any], *, read: bool = False) -> Outgoing:
        event: dict[str, Any] = {"timestamp": utc(at_us, "Z")}
        if self.plan.newer:
            event["hostname"] = self._hostname
            event["eventType"] = name.removesuffix("Event")
        event[name] = body
        return Outgoing(
            reader=self.plan.id,
            topic=f"{self.plan.topic_root}/events",
            payload=_encode(event),
            reads=int(read),
            data=True,
        )

    def _word(self, text: str) -> Outgoing:
        return Outgoing(reader=self.plan.id, topic=f"{self.plan.topic_root}/will", payload=text.encode())

    def will(self) -> Outgoing:
        """Give the last will, which is plain text."""
        return self._word("connection lost")

    def birth(self, now_us: int, health: Health) -> list[Outgoing]:
        """Say, in plain text, that it has connected, and that its inventory runs."""
        del health
        return [self._word("connected"), self._event(now_us, "inventoryStatusEvent", {"status": "running"})]

    def heartbeat(self, now_us: int, health: Health) -> list[Outgoing]:
        """Say again that the inventory runs: it has no heartbeat of its own."""
        del health
        return [self._event(now_us, "inventoryStatusEvent", {"status": "running"})]

    def reads(self, reads: Reads, now_us: int) -> list[Outgoing]:
        """Tell each read in a message of its own."""
        rows = zip(
            self._epcs(reads.tag),
            reads.port.tolist(),
            reads.level_dbm.tolist(),
            reads.seen_us.tolist(),
            strict=True,
        )
        return [self._read(epc, port, level, seen_us, now_us) for epc, port, level, seen_us in rows]

    def _read(self, epc: str, port: int, level_dbm: float, seen_us: int, now_us: int) -> Outgoing:
        body: dict[str, Any] = {"epc": base64.urlsafe_b64encode(bytes.fromhex(epc)).decode().rstrip("=")}
        if self.plan.newer:
            body["epcHex"] = epc
        body |= {
            "antennaPort": port,
            "transmitPowerCdbm": TRANSMIT_POWER_CDBM,
            "peakRssiCdbm": round(level_dbm * 100),
            "frequency": _CHANNELS_KHZ[seen_us // _HOP_US % len(_CHANNELS_KHZ)],
            "lastSeenTime": utc(seen_us, "Z", 6),
        }
        return self._event(now_us, "tagInventoryEvent", body, read=True)

    def gpi(self, port: int, now_us: int, *, low: bool) -> list[Outgoing]:
        """Tell nothing: inputs are no events of this firmware."""
        del port, now_us, low
        return []

    def antenna(self, port: int, now_us: int, *, connected: bool) -> list[Outgoing]:
        """Tell that an antenna came or went."""
        name = "antennaConnectedEvent" if connected else "antennaDisconnectedEvent"
        return [self._event(now_us, name, {"antennaPort": port})]

    def overflow(self, purged: int, remaining: int, span_us: tuple[int, int], now_us: int) -> list[Outgoing]:
        """Tell what had to be purged from the event buffer."""
        body = {
            "firstEventTimestamp": utc(span_us[0], "Z"),
            "lastEventTimestamp": utc(span_us[1], "Z"),
            "eventsPurged": purged,
            "eventsRemaining": remaining,
        }
        return [self._event(now_us, "overflowEvent", body)]

    def reboot(self, now_us: int) -> None:
        """Forget nothing, for it remembers nothing."""
        del now_us

    def command_topic(self) -> str:
        """Give nothing: it is told what to do over REST."""
        return ""

    def answer(self, payload: bytes, now_us: int) -> list[Outgoing]:
        """Answer nothing."""
        del payload, now_us
        return []

    def direction(self, epc: str, first: tuple[str, int], last: tuple[str, int], now_us: int) -> Outgoing:
        """Tell which way a tag went: the first and the last sector it was seen in, each with its time."""
        body = {
            "epcHex": epc,
            "eventType": "exit",
            "tagPopulationStatus": "ok",
            "firstSeen": {"sector": first[0], "timestamp": utc(first[1], "Z")},
            "lastSeen": {"sector": last[0], "timestamp": utc(last[1], "Z")},
        }
        return self._event(now_us, "directionEvent", body)
