"""
The engine's checkpoints: a few are kept, each with the digest that proves it whole.
"""

import logging
from hashlib import sha256
from typing import Final

from core.store.connection import Connection
from core.store.queries import QUERIES

log = logging.getLogger(__name__)

KEPT: Final = 3
"""One to start from, and two more in case it can't be read."""
_VERSION: Final = 1


async def save_checkpoint(conn: Connection, site_id: str, seq: int, body: bytes) -> None:
    """Keep the engine's state after a step and forget all but the newest few; in the caller's transaction."""
    params = {"id": site_id, "seq": seq, "version": _VERSION, "digest": sha256(body).digest(), "body": body}
    await conn.execute(QUERIES["insert_checkpoint"], params)
    await conn.execute(QUERIES["trim_checkpoints"], {"id": site_id, "kept": KEPT})
    await conn.execute(QUERIES["trim_progress"], {"id": site_id})


async def load_checkpoints(conn: Connection, site_id: str) -> list[tuple[int, bytes]]:
    """The whole checkpoints, newest first; one whose digest is wrong is left out and said."""
    cursor = await conn.execute(QUERIES["checkpoints"], {"id": site_id})
    whole = []
    for seq, digest, body in await cursor.fetchall():
        if sha256(body).digest() == digest:
            whole.append((seq, bytes(body)))
        else:
            log.error("checkpoint damaged", extra={"action": "checkpoint_damaged", "site": site_id, "seq": seq})
    return whole
