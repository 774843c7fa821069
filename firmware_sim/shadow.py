"""
What lies between a place and an antenna is shadow: a fixed random field over the floor, alike at neighbouring places.
"""

import numpy as np

from firmware_sim.arrays import Floats, Ints, Singles, Words
from firmware_sim.radio import mixed, normal_of

_COLUMN, _ROW = np.uint64(0x1F123BB5), np.uint64(0x5F356495)


def smooth_field(x: Floats, y: Floats, field: Words, cell_m: float) -> Singles:
    """
    Standard normal deviates at these places, each from the field of its number; places a cell apart differ.

    x, y   float[...]    metres
    field  uint64[...]   which field: of the same shape, or one that broadcasts with it
    cell_m               how far the field stays alike
    """
    column, row = np.floor(x / cell_m), np.floor(y / cell_m)
    right, up = x / cell_m - column, y / cell_m - row
    total = weight = np.zeros(np.broadcast_shapes(x.shape, field.shape))
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        share = (right if dx else 1.0 - right) * (up if dy else 1.0 - up)
        total = total + share * _corner((column + dx).astype(np.int64), (row + dy).astype(np.int64), field)
        weight = weight + share * share
    smooth: Singles = (total / np.sqrt(weight)).astype(np.float32)
    return smooth


def _corner(column: Ints, row: Ints, field: Words) -> Singles:
    with np.errstate(over="ignore"):
        place = mixed(column.astype(np.uint64) * _COLUMN ^ row.astype(np.uint64) * _ROW)
        return normal_of(mixed(place + field * np.uint64(0x2545F491)))
