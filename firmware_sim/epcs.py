"""
What the simulated tags carry: EPCs of pallets, cartons, roll cages, and of tags that nobody encoded.

An EPC of 96 bits is a pair: its first 32 bits (hi) and its last 64 (lo).
"""

from typing import Final

import numpy as np

from firmware_sim.arrays import Words

SGTIN_96: Final = 0x30
SSCC_96: Final = 0x31
GRAI_96: Final = 0x33
COMPANIES: Final = (614141, 952114, 735004, 400638)
"""Company prefixes of seven digits, hence partition 5 throughout."""
PARTITION: Final = 5
SKUS: Final = 48
"""How many products the warehouse deals in."""
_FACTORY_HI: Final = 0xE2806894
_LOW_64: Final = (1 << 64) - 1


def _split(value: int) -> tuple[int, int]:
    return value >> 64, value & _LOW_64


def _head(header: int, filter_value: int, company: int) -> int:
    """Put header, filter, partition and company prefix into the first 38 of 96 bits."""
    return (header << 88) | (filter_value << 85) | (PARTITION << 82) | (company << 58)


def sgtin(sku: int, serials: Words, *, case: bool) -> tuple[Words, Words]:
    """Encode serial numbers of one product as SGTIN-96: (hi, lo)."""
    company = COMPANIES[sku % len(COMPANIES)]
    item = 100_000 + 131 * sku
    hi, lo = _split(_head(SGTIN_96, 2 if case else 1, company) | (item << 38))
    return np.full(serials.size, hi, np.uint64), np.uint64(lo) | serials


def sscc(references: Words) -> tuple[Words, Words]:
    """Encode pallets' serial references as SSCC-96: (hi, lo)."""
    hi, lo = _split(_head(SSCC_96, 6, COMPANIES[0]))
    return np.full(references.size, hi, np.uint64), np.uint64(lo) | (references << np.uint64(24))


def grai(serials: Words) -> tuple[Words, Words]:
    """Encode roll cages' serials as GRAI-96, all of one asset type: (hi, lo)."""
    hi, lo = _split(_head(GRAI_96, 0, COMPANIES[0]) | (12_345 << 38))
    return np.full(serials.size, hi, np.uint64), np.uint64(lo) | serials


def factory(serials: Words) -> tuple[Words, Words]:
    """Give what a chip's maker left in it, which no standard decodes: (hi, lo)."""
    return np.full(serials.size, _FACTORY_HI, np.uint64), np.uint64(0x0000_4001_0000_0000) | serials


def to_hex(hi: int, lo: int) -> str:
    """Write an EPC as 24 upper-case hex digits."""
    return f"{hi:08X}{lo:016X}"
