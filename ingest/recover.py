"""
The engine as the last commit left it: newest readable checkpoint, then the stored reads after it.
"""

import logging

from core.engine import CheckpointUnreadable, Engine
from core.site import Site
from core.store import Store

log = logging.getLogger(__name__)


async def recover(store: Store, site: Site) -> Engine:
    """Rebuild a site's engine. A checkpoint that cannot be read costs time, never state."""
    engine = Engine(site)
    tags = await store.tags(site.id)
    for seq, body in await store.checkpoints(site.id):
        try:
            engine.restore(body, tags)
            break
        except CheckpointUnreadable as exc:
            log.warning("checkpoint left out: %s", exc, extra={"action": "checkpoint_unreadable", "seq": seq})
            engine = Engine(site)
    else:
        engine.load_tags(tags)
    steps = 0
    async for step in store.replay(site.id, engine.seq):
        engine.replay(step.seq, step.reads, step.events, step.closed_us)
        steps += 1
    log.info("recovered", extra={"action": "recovered", "site": site.id, "seq": engine.seq, "replayed": steps})
    return engine
