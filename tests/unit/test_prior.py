"""What the floor plan says of who hears what."""

import numpy as np
import pytest

from core.engine.prior import ENVIRONMENTS, levels_dbm
from core.site import Antenna, Reader, Site, Zone, ZoneKind

PLACE = np.array([[6.0, 3.0], [7.0, 2.0]])


def site_of(here: ZoneKind, there: ZoneKind, x: float = 2.0) -> Site:
    """Two zones side by side, with an antenna in the first."""
    zones = tuple(
        Zone(id=name, name=name, kind=kind, polygon=((left, 0.0), (left + 5.0, 0.0), (left + 5.0, 5.0), (left, 5.0)))
        for name, kind, left in (("here", here, 0.0), ("there", there, 5.0))
    )
    reader = Reader(id="r", name="R", antennas=(Antenna(port=1, x=x, y=2.0, zone="here"),))
    return Site(id="s", name="S", timezone="UTC", width_m=10.0, height_m=5.0, zones=zones, readers=(reader,))


@pytest.mark.parametrize("environment", ["open", "warehouse", "dense"])
@pytest.mark.parametrize(("here", "there"), [("storage", "picking"), ("picking", "storage"), ("storage", "storage")])
def test_racks_take_away_what_goes_in_or_out(environment: str, here: str, there: str) -> None:
    """
    An antenna hears the next zone fainter, by what its environment's racks take, where one of the two is storage.
    """
    site, propagation = site_of(ZoneKind(here), ZoneKind(there)), ENVIRONMENTS[environment]
    own, next_door = (levels_dbm(site, PLACE, zone, propagation)[-1] for zone in (0, 1))

    assert (own - next_door).tolist() == pytest.approx([propagation.racks_db] * 2)


def test_antenna_over_the_edge_of_storage_looks_into_it() -> None:
    """
    Racks take nothing from an antenna that hangs where two zones of storage meet.
    """
    site = site_of(ZoneKind.STORAGE, ZoneKind.STORAGE, x=4.9)
    own, next_door = (levels_dbm(site, PLACE, zone, ENVIRONMENTS["warehouse"])[-1] for zone in (0, 1))

    assert own.tolist() == next_door.tolist()


def test_nothing_stands_between_zones_without_racks() -> None:
    """
    Picking and packing are one open floor.
    """
    site = site_of(ZoneKind.PICKING, ZoneKind.PACKING)
    own, next_door = (levels_dbm(site, PLACE, zone, ENVIRONMENTS["warehouse"])[-1] for zone in (0, 1))

    assert own.tolist() == next_door.tolist()
