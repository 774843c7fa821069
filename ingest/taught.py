"""
The calibration that a site's line goes by, taken from the database when the line starts and whenever there is a newer.
"""

import logging

from core.engine import Engine
from core.store import Store
from core.taught import fitting_calibration

log = logging.getLogger(__name__)


async def take_over_newest(store: Store, engine: Engine) -> None:
    """Let an engine go on under the newest calibration of its site."""
    newest, _ = await store.calibration_versions(engine.site.id)
    if newest != engine.taught:
        calibration = await fitting_calibration(store, engine.site, newest)
        engine.take_over(calibration, newest)
        log.info("calibration taken over", extra={"action": "calibrated", "site": engine.site.id, "version": newest})
