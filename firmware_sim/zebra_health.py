"""
What a Zebra reader tells of its health: the heartbeat in both of its shapes, and the answer to get_status.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from firmware_sim.outgoing import SECOND_US, Health, uptime, utc
from firmware_sim.plan import ReaderPlan
from firmware_sim.reads import Reads

_MEMORY: Final = {"used": 65_368_064, "free": 195_612_672, "total": 260_980_736}
_PARTS: Final = ("platform", "readerConfig", "readerData", "rootFileSystem")
_PORTS: Final = 8


@dataclass(slots=True)
class Counters:
    """What a reader counts since it started."""

    messages: int = 0
    reads: int = 0
    by_antenna: Counter[int] = field(default_factory=Counter)

    def note(self, reads: Reads) -> None:
        """Count these reads."""
        self.reads += int(reads.count.sum())
        for port, count in zip(reads.port.tolist(), reads.count.tolist(), strict=True):
            self.by_antenna[port] += count


def heartbeat_data(
    plan: ReaderPlan, counters: Counters, health: Health, inputs: dict[int, bool], now_us: int
) -> dict[str, Any]:
    """Fill the body of a heartbeat."""
    up = uptime(max(now_us - health.up_since_us, 0) // SECOND_US)
    return {
        "radio_control": _radio(counters, health, up),
        "reader_gateway": _gateway(plan, counters, health, up),
        "system": _system(plan, inputs, up, now_us),
        "userapps": [],
    }


def _antennas(health: Health) -> dict[str, str]:
    return {
        str(port): "connected" if health.connected.get(port, False) else "disconnected" for port in range(1, _PORTS + 1)
    }


def _radio(counters: Counters, health: Health, up: str) -> dict[str, Any]:
    return {
        "status": "running",
        "cpu": 3,
        "ram": 2,
        "uptime": up,
        "radioActivity": "active",
        "radioConnection": "connected",
        "antennas": _antennas(health),
        "numRadioPacketsRxed": counters.reads,
        "numTagReads": counters.reads,
        "numTagReadsPerAntenna": {str(port): counters.by_antenna[port] for port in range(1, _PORTS + 1)},
        "numDataMessagesTxed": counters.messages,
        "numErrors": 0,
        "numWarnings": 0,
    }


def _gateway(plan: ReaderPlan, counters: Counters, health: Health, up: str) -> dict[str, Any]:
    """Tell the data path's counters: flat where documented, in a list from newer firmware."""
    path = {
        "numDataMessagesRxed": counters.messages,
        "numDataMessagesTxed": counters.messages,
        "numDataMessagesRetained": health.buffered,
        "numDataMessagesDropped": health.purged,
    }
    common = {"cpu": 1, "ram": 1, "uptime": up, "numManagementEventsTxed": 1, "numErrors": 0, "numWarnings": 0}
    if not plan.newer:
        return common | path
    endpoint = {"connectionError": "", "connectionStatus": "connected", "description": "MQTT", "interface": "tallyport"}
    return common | {
        "numDataMessagesRxedFromExt": 0,
        "dataPathStatistics": [path],
        "interfaceConnectionStatus": {"data": [endpoint]},
    }


def _system(plan: ReaderPlan, inputs: dict[int, bool], up: str, now_us: int) -> dict[str, Any]:
    system: dict[str, Any] = {
        "cpu": {"system": 4, "user": 9},
        "ram": dict(_MEMORY),
        "uptime": up,
        "ntp": {"offset": 0, "reach": 377},
        "temperature": {"ambient": 31, "pa": 38},
        "GPI": {str(port): "LOW" if inputs.get(port, False) else "HIGH" for port in (1, 2)},
        "GPO": {"1": "LOW", "2": "LOW", "3": "LOW"},
    }
    if plan.newer:
        told = time.strftime("%d/%m/%Y %H:%M", time.gmtime(now_us // SECOND_US))
        return system | {"systemtime": told, "hostName": f"FX9600-{plan.id}", "macAddress": "84:24:8D:AC:B6:2E"}
    return system | {"flash": {part: dict(_MEMORY) for part in _PARTS}, "systemTime": utc(now_us, "+00:00")}


def status_payload(plan: ReaderPlan, health: Health, now_us: int) -> dict[str, Any]:
    """Answer get_status: numbers come as strings, and radioActivitiy is spelt as the maker spells it."""
    memory = {key: str(value) for key, value in _MEMORY.items()}
    return {
        "uptime": uptime(max(now_us - health.up_since_us, 0) // SECOND_US),
        "systemTime": utc(now_us, "+00:00"),
        "ram": memory,
        "flash": {"deviceId": f"RFID-{plan.id}", **dict.fromkeys(_PARTS, memory)},
        "cpu": {"user": "9", "system": "4"},
        "radioConnection": "connected",
        "antennas": {str(int(port) - 1): state for port, state in _antennas(health).items()},
        "temperature": 31,
        "radioActivitiy": "active",
        "powerSource": "DC",
        "powerNegotiation": "disabled",
        "ntp": {"offset": 0, "reach": 377},
    }
