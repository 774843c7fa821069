"""
The calibration that a site's line goes by, taken from the database when the line starts and whenever there is a newer.
"""

import logging

from core.engine import Engine
from core.engine.calibration import BadCalibration, Calibration
from core.site import Site
from core.store import Store

log = logging.getLogger(__name__)


async def fitting_calibration(store: Store, site: Site, version: int) -> Calibration | None:
    """The calibration of this number; None where it says to go by the plan alone, or fits the plan no more."""
    published = await store.calibration(site.id, version) if version else None
    if published is None or published.body is None:
        return None
    try:
        calibration = Calibration.from_json(published.body)
        calibration.laid_on(site)
    except BadCalibration as exc:
        log.error("goes by the plan alone: %s", exc, extra={"action": "calibration_unfit", "site": site.id})  # noqa: TRY400
        return None
    return calibration


async def take_over_newest(store: Store, engine: Engine) -> None:
    """Let an engine go on under the newest calibration of its site."""
    newest, _ = await store.calibration_versions(engine.site.id)
    if newest != engine.taught:
        calibration = await fitting_calibration(store, engine.site, newest)
        engine.take_over(calibration, newest)
        log.info("calibration taken over", extra={"action": "calibrated", "site": engine.site.id, "version": newest})
