"""The mean of the antennas' places, weighted by what they hear; the strongest antenna's place alone as its limit."""

from collections.abc import Iterator, Sequence
from typing import Final

from core.site import Site
from tallyport.score import Published
from tests.accuracy.baselines.survey import heard, zone_of
from tests.accuracy.recording import Read

GAIN: Final = 0.5
"""Power of the linear level; towards 1 the strongest counts ever more."""
WINDOW_S: Final = 3.0
EVERY_S: Final = 0.5


def weighted_centroid(reads: Sequence[Read], site: Site) -> Iterator[Published]:
    """Weigh each antenna by its linear level to a power; no calibration."""
    places = antenna_places(site)
    for at_s, epc, dbm in heard(reads, WINDOW_S, EVERY_S):
        loudest = max(dbm.values())
        weights = {where: 10.0 ** (GAIN * (level - loudest) / 10.0) for where, level in dbm.items()}
        total = sum(weights.values())
        x = sum(weight * places[where][0] for where, weight in weights.items()) / total
        y = sum(weight * places[where][1] for where, weight in weights.items()) / total
        yield Published(epc=epc, at_s=at_s, zone=zone_of(site, x, y), x_m=x, y_m=y)


def strongest_antenna(reads: Sequence[Read], site: Site) -> Iterator[Published]:
    """Publish the place of the antenna with the highest mean level."""
    places = antenna_places(site)
    for at_s, epc, dbm in heard(reads, WINDOW_S, EVERY_S):
        x, y = places[max(dbm, key=lambda where: dbm[where])]
        yield Published(epc=epc, at_s=at_s, zone=zone_of(site, x, y), x_m=x, y_m=y)


def antenna_places(site: Site) -> dict[tuple[str, int], tuple[float, float]]:
    """(reader, antenna) -> where it hangs, metres."""
    return {(reader.id, a.port): (a.x, a.y) for reader in site.readers for a in reader.antennas}
