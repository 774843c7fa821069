"""
The engine as the last commit left it: newest readable checkpoint, then the stored reads after it.
"""

import logging

from core.engine import CheckpointUnreadable, Engine
from core.engine.checkpoint import taught_in
from core.site import Site
from core.store import Store
from core.taught import fitting_calibration

log = logging.getLogger(__name__)


async def recover(store: Store, site: Site) -> Engine:
    """
    Rebuild a site's engine. A checkpoint that cannot be read costs time, never state.

    Each step is taken again under the calibration that it was decided under.
    """
    engine = await _from_checkpoint(store, site)
    steps = 0
    async for step in store.replay(site.id, engine.seq):
        if step.taught != engine.taught:
            engine.take_over(await fitting_calibration(store, site, step.taught), step.taught)
        engine.replay(step.seq, step.reads, step.events, step.closed_us)
        steps += 1
    log.info("recovered", extra={"action": "recovered", "site": site.id, "seq": engine.seq, "replayed": steps})
    return engine


async def _from_checkpoint(store: Store, site: Site) -> Engine:
    """Go on from the newest checkpoint that can be read, or begin."""
    tags = await store.tags(site.id)
    for seq, body in await store.checkpoints(site.id):
        taught = taught_in(body)
        engine = Engine(site, await fitting_calibration(store, site, taught), taught)
        try:
            engine.restore(body, tags)
        except CheckpointUnreadable as exc:
            log.warning("checkpoint left out: %s", exc, extra={"action": "checkpoint_unreadable", "seq": seq})
        else:
            return engine
    engine = Engine(site)
    engine.load_tags(tags)
    return engine
