"""
How a tag is held: what it loses by pointing at an antenna, and what the body of its carrier takes.
"""

from typing import Final

import numpy as np

from firmware_sim.arrays import Singles

TURN_LOSS_DB: Final = 9.0
"""What a dipole loses that points at the antenna, both ways."""
TURN_MEAN: Final = 0.4
"""The usual share of that is in the fits of level over distance already."""
BODY_LOSS_DB: Final = 7.0
"""What a carrier takes from an antenna right behind their back."""
AT_REST: Final = np.float32(np.nan)
"""The carrier's heading where there is none."""
Way = tuple[Singles, Singles, Singles]


def attitude_loss_db(way: Way, turn_rad: Singles, carrier_rad: Singles) -> Singles:
    """
    What tags lose at antennas by the way they are held.

    way          dx, dy, dz in metres from tag to antenna, each float32[tag, antenna]
    turn_rad     float32[tag]  bearing of the tag's dipole
    carrier_rad  float32[tag]  heading of who carries it; AT_REST where nobody does
    """
    dx, dy, dz = way
    distance = np.sqrt(dx * dx + dy * dy + dz * dz) + np.float32(1e-3)
    turn, carrier = turn_rad[:, np.newaxis], carrier_rad[:, np.newaxis]
    along = (np.cos(turn) * dx + np.sin(turn) * dy) / distance
    ahead = (np.cos(carrier) * dx + np.sin(carrier) * dy) / distance
    behind = np.maximum(-np.nan_to_num(ahead), 0.0)
    loss: Singles = (TURN_LOSS_DB * (along * along - TURN_MEAN) + BODY_LOSS_DB * behind).astype(np.float32)
    return loss
