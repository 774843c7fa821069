"""
The calibration of a number, as far as it fits the plan that the site has now.
"""

import logging

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
