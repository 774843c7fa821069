"""From labelled reads to a calibration."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from shapely import Polygon

from core.calibrate.doors import LabelledRun, learn_doors
from core.calibrate.field import cell_side, hearing_of_cells, points_of
from core.calibrate.labelled import LabelledReads
from core.calibrate.sway import sway_of_zones
from core.calibrate.trial import FOLLOWED, FOLLOWING_COSTS, TEMPERED, Heard, best_manner
from core.calibrate.walk import PIECE_M, hearing_of_walk, is_walk
from core.calibrate.zones import hearing_of_zones
from core.engine.calibration import Calibration
from core.engine.manner import Manner
from core.engine.places import Places, places_of
from core.engine.plan import dedupe_us_of
from core.engine.prior import prior_of
from core.engine.sway import EARS_MAX
from core.site import PORTALS, Site

WALK_M_PER_S: Final = 1.0
"""How fast things are carried: how soon they leave a cell."""
CELL_EVIDENCE: Final = 0.5
"""Reads of one place have much in common that cells are small enough to feel."""
ONE_ROOM: Final = 0.3
"""At least so much of its fair share of each zone's reads has every antenna where all of them share one room."""


def learn(site: Site, reads: LabelledReads, runs: Sequence[LabelledRun] = ()) -> Calibration:
    """Learn how a site's antennas hear its places, how to weigh that, and how passages at its doors look."""
    points = points_of(reads)
    areas = [Polygon(zone.polygon).area for zone in site.zones if zone.kind not in PORTALS and not zone.retired]
    step_m = cell_side(points, areas)
    places = places_of(site, step_m)
    if step_m:
        heard = Heard(hearing_of_cells(points, places, site))
        manner = Manner(evidence=CELL_EVIDENCE, temper_s=0.0, gain_db=0.0, leave_per_s=WALK_M_PER_S / step_m)
    elif is_walk(reads) and not (max(areas, default=0.0) <= PIECE_M**2 and _one_room(reads)):
        places, hearing = hearing_of_walk(site, reads.kept(dedupe_us_of(site)))
        heard, manner = Heard(hearing), Manner()
    else:
        heard, manner = _learn_zones(site, places, reads)
    return Calibration(
        site=site.id,
        step_m=places.step_m,
        read_points=tuple((point.reader, point.antenna) for point in site.read_points),
        zones=tuple(Counter(site.zones[zone].id for zone in places.zone.tolist()).items()),
        hearing=heard.hearing,
        manner=manner,
        doors=learn_doors(site, runs),
        sway=heard.sway,
    )


def _one_room(reads: LabelledReads) -> bool:
    """
    Whether every antenna hears tags in every zone, and often. In a small room what moves is itself what is to be found.

    Elsewhere what is carried through for a test is heard otherwise than goods at rest are, and a walk tells parts of
    zones apart.
    """
    known = reads.zone >= 0
    zones, zone = np.unique(reads.zone[known], return_inverse=True)
    points, point = np.unique(reads.read_point[known], return_inverse=True)
    n = np.bincount(zone * points.size + point, minlength=zones.size * points.size).reshape(zones.size, points.size)
    return bool((n >= ONE_ROOM * n.sum(axis=1, keepdims=True) / points.size).all())


def _learn_zones(site: Site, places: Places, reads: LabelledReads) -> tuple[Heard, Manner]:
    """The table, with how levels sway if following that did better on reads held back; and how to weigh it."""
    prior = prior_of(site, places)
    if not np.isin(reads.zone, places.zone).any():
        return Heard(prior), Manner()
    reads = reads.kept(dedupe_us_of(site))
    hearing, gain_db = hearing_of_zones(reads, places, prior)
    if len(places) < 2:  # noqa: PLR2004 - nothing to tell apart
        return Heard(hearing), replace(Manner(), gain_db=max(gain_db, 0.5))

    def plainly(part: LabelledReads) -> Heard:
        return Heard(hearing_of_zones(part, places, prior)[0])

    def followed(part: LabelledReads) -> Heard:
        return Heard(*sway_of_zones(part, places, plainly(part).hearing))

    manner, worth = best_manner(site, places, reads, plainly, TEMPERED)
    if np.unique(reads.read_point).size <= EARS_MAX:
        following, more = best_manner(site, places, reads, followed, FOLLOWED)
        if more - FOLLOWING_COSTS > worth:
            return followed(reads), following
    return Heard(hearing), manner
