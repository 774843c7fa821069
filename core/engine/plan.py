"""A site becomes the arrays that the kernels look things up in."""

from typing import Final

import numpy as np

from core.engine.prior import Prior, prior_of
from core.engine.records import NEARBY, Floats, Plan
from core.model.columns import NOWHERE
from core.site import PORTALS, Site

COVERED: Final = 0.01
"""Chance of being heard from which a zone counts as covered by a read point."""


def plan_of(site: Site) -> Plan:
    """Lay a site out as arrays."""
    prior = prior_of(site)
    portal = np.array([zone.kind in PORTALS for zone in site.zones], dtype=bool)
    missing = site.engine.missing_after_s
    patience = [missing if zone.missing_after_s is None else zone.missing_after_s for zone in site.zones]
    reader_of = [site.reader_index.get(point.reader, -1) for point in site.read_points]
    return Plan(
        loudest=prior.loudest,
        nearby=_nearby(prior),
        centre=prior.centre,
        antenna=np.array([(p.x, p.y) for p in site.read_points], np.float32).reshape(-1, 2),
        missing_s=np.array(patience, np.float64),
        leave_s=site.engine.leave_after_s,
        portal=portal,
        zone_of=np.array([point.zone for point in site.read_points], np.int32),
        share=_share(site, prior),
        reader_of=np.array(reader_of, np.int32),
        points=_points(reader_of, len(site.readers)),
    )


def dedupe_us_of(site: Site) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each read point, how long a read makes repeats of the next ones: int64[A]."""
    door_us, other_us = round(site.engine.door_dedupe_s * 1e6), round(site.engine.dedupe_s * 1e6)
    at_door = [point.zone >= 0 and site.zones[point.zone].kind in PORTALS for point in site.read_points]
    return np.where(np.array(at_door, dtype=bool), door_us, other_us).astype(np.int64)


def _nearby(prior: Prior) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """For each read point the zones it covers, the likeliest source of its reads first."""
    likely = prior.loudest
    nearby = np.full((likely.shape[0], NEARBY), NOWHERE, np.int16)
    for a in range(likely.shape[0]):
        order = np.argsort(-likely[a], kind="stable")[:NEARBY]
        covered = [z for z in order if prior.coverage[a, z] >= COVERED]
        nearby[a, : len(covered)] = covered
    return nearby


def _share(site: Site, prior: Prior) -> Floats:
    """Each antenna's part of each zone's coverage; the stand-in for reads without an antenna listens to nothing."""
    real = np.array([point.antenna != 0 for point in site.read_points], dtype=bool)
    share = np.where(real[:, None] & (prior.coverage >= COVERED), prior.coverage, 0.0)
    total = share.sum(axis=0)
    return share / np.where(total > 0.0, total, 1.0)


def _points(reader_of: list[int], n_readers: int) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    own = [[a for a, reader in enumerate(reader_of) if reader == r] for r in range(n_readers)]
    points = np.full((n_readers, max([1, *map(len, own)])), -1, np.int32)
    for r, indexes in enumerate(own):
        points[r, : len(indexes)] = indexes
    return points
