"""
All tags of the warehouse as columns: what they carry, where they are, what state they are in.
"""

from enum import IntEnum

import numpy as np

from firmware_sim import epcs
from firmware_sim.arrays import Indices, Words
from firmware_sim.attitude import AT_REST


class Kind(IntEnum):
    """What a tag is fixed to."""

    CARTON = 0
    ITEM = 1
    PALLET = 2
    CAGE = 3
    FACTORY = 4


class Life(IntEnum):
    """What has become of a tag."""

    TO_COME = 0
    """On a lorry that has not arrived."""
    HERE = 1
    """In the building, or before a door of it."""
    GONE = 2
    """Driven or carried away."""
    SHIELDED = 3
    """In somebody's lined bag: there, but no radio hears it."""


class TagTable:
    """One row a tag. `epoch` counts changes of place, so that a radio link made before one is known to be stale."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.hi = np.zeros(count, np.uint64)
        self.lo = np.zeros(count, np.uint64)
        self.kind = np.zeros(count, np.uint8)
        self.life = np.zeros(count, np.uint8)
        self.x = np.zeros(count, np.float32)
        self.y = np.full(count, -100.0, np.float32)
        self.z = np.full(count, 1.0, np.float32)
        self.zone = np.full(count, -2, np.int16)
        self.gain_db = np.zeros(count, np.float32)
        self.answers = np.ones(count, np.float32)
        """Which part of the usual answers it gives."""
        self.turn_rad = np.zeros(count, np.float32)
        """Bearing of its dipole."""
        self.carrier_rad = np.full(count, AT_REST)
        """Heading of who carries it."""
        self.moving = np.zeros(count, np.bool_)
        self.busy = np.zeros(count, np.bool_)
        self.epoch = np.zeros(count, np.int32)
        self.ordered = np.zeros(count, np.bool_)
        """On an announced shipment: nobody picks, returns or steals it."""
        self._serial_next = 1

    @property
    def encoded(self) -> int:
        """How many EPCs have been given out."""
        return self._serial_next - 1

    def encode(self, tags: Indices, sku: int) -> None:
        """Give these tags EPCs of their kinds that no tag has had before; cartons and items are of this product."""
        serials = np.arange(self._serial_next, self._serial_next + tags.size, dtype=np.uint64)
        self._serial_next += int(tags.size)
        for kind in Kind:
            chosen = self.kind[tags] == kind
            if chosen.any():
                self.hi[tags[chosen]], self.lo[tags[chosen]] = _encode(kind, sku, serials[chosen])

    def epc(self, tag: int) -> str:
        """Read one tag's EPC as hex."""
        return epcs.to_hex(int(self.hi[tag]), int(self.lo[tag]))

    def epcs(self, tags: Indices) -> list[str]:
        """Read many tags' EPCs as hex."""
        return [f"{hi:08X}{lo:016X}" for hi, lo in zip(self.hi[tags].tolist(), self.lo[tags].tolist(), strict=True)]


def _encode(kind: Kind, sku: int, serials: Words) -> tuple[Words, Words]:
    if kind == Kind.PALLET:
        return epcs.sscc(serials)
    if kind == Kind.CAGE:
        return epcs.grai(serials)
    if kind == Kind.FACTORY:
        return epcs.factory(serials)
    return epcs.sgtin(sku, serials, case=kind == Kind.CARTON)
