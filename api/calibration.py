"""What a site has been taught of its antennas, zones and doors: see it, publish another one, go back to the plan."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api import roles
from api.access import Access, Change, Db, GuardedRoute, may_at_site
from api.problem import Problem
from api.values import Moment
from core.engine.calibration import BadCalibration, Calibration
from core.store.calibrations import Published, load_calibration, publish_calibration, version_in_use
from core.store.registry import load_site

router = APIRouter(prefix="/api/v1/sites/{site}", route_class=GuardedRoute, tags=["calibration"])
Teaching = Annotated[Access, Depends(may_at_site(roles.Act.CALIBRATE))]
_NONE = "the site goes by its plan alone; PUT what `tallyport calibrate` wrote to change that"


class SiteCalibration(BaseModel):
    """The calibration that was published last."""

    version: int = Field(description="Counts up with each that is published, or taken back.")
    version_in_use: int = Field(description="The one that the line's newest step was decided under; 0 for none.")
    published_at: Moment
    published_by: str
    learned_from: dict[str, Any] = Field(description="As `tallyport calibrate` noted it: files, reads, tags.")
    calibration: dict[str, Any] = Field(description="What `tallyport calibrate` wrote.")


@router.get("/calibration")
async def calibration(at: Teaching, db: Db) -> SiteCalibration:
    """Show the calibration that the site goes by."""
    published = await load_calibration(db, at.site)
    if published is None or published.body is None:
        raise Problem(404, _NONE)
    return _shown(published, await version_in_use(db, at.site))


@router.put("/calibration")
async def publish(at: Teaching, db: Change, body: dict[str, Any]) -> SiteCalibration:
    """Publish what `tallyport calibrate` wrote, if it fits the plan; the line takes it up within seconds."""
    try:
        Calibration.from_json(body).laid_on(await load_site(db, at.site))
    except BadCalibration as exc:
        raise Problem(409, str(exc)) from exc
    published = await publish_calibration(db, at.site, body, at.token.name)
    return _shown(published, await version_in_use(db, at.site))


@router.delete("/calibration", status_code=204)
async def take_back(at: Teaching, db: Change) -> None:
    """Let the site go by its plan alone again; the history of its calibrations stays."""
    published = await load_calibration(db, at.site)
    if published is None or published.body is None:
        raise Problem(404, _NONE)
    await publish_calibration(db, at.site, None, at.token.name)


def _shown(published: Published, in_use: int) -> SiteCalibration:
    body = dict(published.body or {})
    return SiteCalibration(
        version=published.version,
        version_in_use=in_use,
        published_at=published.published_at,
        published_by=published.published_by,
        learned_from=body.get("learned_from", {}),
        calibration=body,
    )
