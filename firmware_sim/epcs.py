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


def _numbers(sku: int) -> tuple[int, int]:
    """Company prefix, and indicator with item reference, of a product."""
    return COMPANIES[sku % len(COMPANIES)], 100_000 + 131 * sku


def gtin(sku: int) -> str:
    """Write a product's GTIN-14: indicator, company, item reference, check digit."""
    company, item = _numbers(sku)
    digits = f"{item:06d}"[0] + f"{company:07d}" + f"{item:06d}"[1:]
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def sgtin(sku: int, serials: Words, *, case: bool) -> tuple[Words, Words]:
    """Encode serial numbers of one product as SGTIN-96: (hi, lo)."""
    company, item = _numbers(sku)
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
