"""
A whole Tallyport for tests of the outside: real database, real broker, ingest and api as the processes that users run.
"""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from core.settings import Settings
from core.site import Site
from core.store import open_store
from core.store.tokens import Role, create_token
from tallyport.client import Client
from tallyport.running import running_tallyport
from tallyport.services import Services
from tallyport.services.process import free_port

PUBLISH_S_MAX: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What runs, and a token that may do everything."""

    client: Client
    mqtt_url: str
    log_dir: Path

    async def publish(self, topic: str, payload: str | bytes) -> None:
        """Publish with mosquitto_pub, a client that is none of ours."""
        process = await asyncio.create_subprocess_exec(
            *("mosquitto_pub", "-L", f"{self.mqtt_url}/{topic}", "-q", "1", "-s"),
            stdin=asyncio.subprocess.PIPE,
        )
        await asyncio.wait_for(
            process.communicate(payload.encode() if isinstance(payload, str) else payload), PUBLISH_S_MAX
        )
        assert process.returncode == 0


@contextlib.asynccontextmanager
async def running_stack(database_url: str, mqtt_url: str, site: Site, folder: Path) -> AsyncIterator[Stack]:
    """Import the plan, start the line and the web service, and stop them on the way out."""
    async with open_store(database_url, role="api") as store:
        await store.save_site(site)
        async with store.connection() as conn:
            _, token = await create_token(conn, name="test", role=Role.ADMIN)
    settings = Settings(
        database_url=database_url,
        mqtt_url=mqtt_url,
        data_dir=folder,
        api_port=free_port(),
        sites=(site.id,),
    )
    services = Services(database_url=database_url, mqtt_url=mqtt_url)
    lines: list[str] = []
    async with running_tallyport(services, settings, lines.append) as running:
        yield Stack(client=Client(base_url=running.base_url, token=token), mqtt_url=mqtt_url, log_dir=running.log_dir)


def native_reads(epc: str, times: int = 1, rssi_dbm: float = -50.0, antenna: int = 1) -> str:
    """A native message with reads of one tag just now, 150 ms apart, the last one at this moment."""
    now_us = time.time_ns() // 1_000
    return json.dumps(
        {
            "v": 1,
            "reads": [
                {"seen_us": now_us - 150_000 * (times - 1 - i), "epc": epc, "antenna": antenna, "rssi_dbm": rssi_dbm}
                for i in range(times)
            ],
        }
    )


def zebra_read(epc: str, event_num: int, rssi_dbm: int = -50) -> str:
    """A Zebra IoT Connector tag event of this moment, as a reader in INVENTORY mode sends it."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
    data = {
        "antenna": 1,
        "eventNum": event_num,
        "format": "epc",
        "idHex": epc.lower(),
        "peakRssi": rssi_dbm,
        "reads": 1,
    }
    return json.dumps({"data": {**data, "reads": 1}, "timestamp": at, "type": "INVENTORY"})


def impinj_read(epc: str, rssi_cdbm: int = -5000) -> str:
    """An Impinj R700 tag event of this moment, its EPC in base64url as the reader's default has it."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    code = base64.urlsafe_b64encode(bytes.fromhex(epc)).decode()
    event = {"epc": code, "antennaPort": 1, "peakRssiCdbm": rssi_cdbm, "frequency": 866_300, "transmitPowerCdbm": 3000}
    return json.dumps({"timestamp": at, "tagInventoryEvent": event})
