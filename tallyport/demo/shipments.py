"""The ERP of the demo: what the simulated office means to ship is announced over REST, as a real one's would be."""

import asyncio
import json
from pathlib import Path
from typing import Final

from tallyport.client import Client

LOOK_EVERY_S: Final = 0.3


async def announce_shipments(file: Path, client: Client, site: str) -> None:
    """Post each shipment once, as soon as the file has it; until cancelled."""
    announced: set[str] = set()
    while True:
        for shipment in _read(file):
            reference = str(shipment["reference"])
            if reference not in announced:
                announced.add(reference)
                body = {name: shipment[name] for name in ("reference", "door", "epcs")}
                await client.post(f"/sites/{site}/shipments", body)
        await asyncio.sleep(LOOK_EVERY_S)


def _read(file: Path) -> list[dict[str, object]]:
    """The shipments so far; none while the file isn't there, or is just being written."""
    try:
        rows: list[dict[str, object]] = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return []
    return rows
