"""The doors of a site become the arrays that the passage kernels look things up in."""

from collections.abc import Mapping

import numpy as np

from core.door_axis import axis_of
from core.engine.door_weights import DoorWeights, default_weights
from core.engine.records_passage import ANTENNAS, DIRECTIONS, FEATURES, HIDDEN, KINDS, Doors
from core.site import Site


def doors_of(site: Site, learned: Mapping[str, DoorWeights] | None = None) -> Doors:
    """Lay the doors out, with what calibration has learned of them by their id; the others get the defaults."""
    n, points = len(site.doors), len(site.read_points)
    doors = Doors(
        door_of=np.full(points, -1, np.int32),
        slot_of=np.zeros(points, np.int32),
        along=np.zeros((n, ANTENNAS)),
        across=np.zeros((n, ANTENNAS)),
        gain_db=np.zeros((n, ANTENNAS)),
        centre=np.zeros((n, FEATURES)),
        scale=np.ones((n, FEATURES)),
        hidden=np.zeros((n, HIDDEN, FEATURES + 1)),
        weights=np.zeros((n, KINDS, FEATURES + HIDDEN + 1)),
        direction=np.zeros((n, DIRECTIONS)),
    )
    for d, door in enumerate(site.doors):
        axis = axis_of(site, door)
        for slot, index in enumerate(axis.points[:ANTENNAS]):
            doors.door_of[index], doors.slot_of[index] = d, slot
            doors.along[d, slot], doors.across[d, slot] = axis.along_m[slot], axis.across_m[slot]
        own = (learned or {}).get(door.id)
        weights = own if own is not None else default_weights(axis.along_m)
        _set_weights(doors, d, weights)
    # A read whose reader named no antenna still counts as one at the door; it tells no order.
    for point in site.read_points:
        door_at = site.door_of_zone.get(point.zone)
        if point.reader in site.reader_index and door_at is not None and doors.door_of[point.index] < 0:
            doors.door_of[point.index] = site.doors.index(door_at)
    return doors


def eyes_of(site: Site) -> dict[tuple[str, int], tuple[int, int]]:
    """(reader, input) of each light beam -> (index of its door, 1 for the outer beam and 0 for the inner)."""
    return {
        (eye.reader, port): (d, outside)
        for d, door in enumerate(site.doors)
        for eye in door.photo_eyes
        for outside, port in enumerate((eye.inside_port, eye.outside_port))
    }


def _set_weights(doors: Doors, d: int, weights: DoorWeights) -> None:
    for name in ("centre", "scale", "hidden", "weights", "direction"):
        getattr(doors, name)[d] = getattr(weights, name)
    gain = weights.gain_db[:ANTENNAS]
    doors.gain_db[d, : len(gain)] = gain
