"""
What lies between a place and an antenna is shadow: a random field over the floor, alike at neighbouring places.
"""

import numpy as np

from firmware_sim.arrays import Floats, Ints, Singles, Words

_COLUMN, _ROW = np.uint64(0x1F123BB5), np.uint64(0x5F356495)


def mixed(words: Words) -> Words:
    """Scatter integers over all 64 bits, always the same way (splitmix64)."""
    with np.errstate(over="ignore"):
        words = words + np.uint64(0x9E3779B97F4A7C15)
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        scattered: Words = words ^ (words >> np.uint64(31))
    return scattered


def normal_of(words: Words) -> Singles:
    """Turn scattered integers into standard normal deviates (Box-Muller)."""
    u = ((words >> np.uint64(40)).astype(np.float64) + 0.5) / float(1 << 24)
    v = (words & np.uint64(0xFFFFFF)).astype(np.float64) / float(1 << 24)
    deviates: Floats = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)
    return deviates.astype(np.float32)


def smooth_field(x: Floats | Singles, y: Floats | Singles, field: Words, cell_m: float) -> Singles:
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


def smooth_in_time(links: Words, seen_us: Ints, span_s: float) -> Singles:
    """Standard normal deviates for these links at these instants, which drift over so many seconds."""
    at = seen_us / (span_s * 1e6)
    cell = np.floor(at)
    part = at - cell
    with np.errstate(over="ignore"):
        spells = cell.astype(np.int64).astype(np.uint64) * np.uint64(0x9E3779B1)
        first, next_one = normal_of(mixed(links ^ spells)), normal_of(mixed(links ^ (spells + np.uint64(0x9E3779B1))))
    drift = ((1.0 - part) * first + part * next_one) / np.sqrt((1.0 - part) ** 2 + part**2)
    drifting: Singles = drift.astype(np.float32)
    return drifting


def _corner(column: Ints, row: Ints, field: Words) -> Singles:
    with np.errstate(over="ignore"):
        place = mixed(column.astype(np.uint64) * _COLUMN ^ row.astype(np.uint64) * _ROW)
        return normal_of(mixed(place + field * np.uint64(0x2545F491)))
