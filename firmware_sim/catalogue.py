"""
What the simulated warehouse deals in: the products behind the item tags, as a shop's own list would have them.
"""

from collections.abc import Iterator
from typing import Any, Final

from firmware_sim.epcs import COMPANIES, SKUS

_THINGS: Final = (
    ("Rain jacket", 89.0),
    ("Trail shoe", 119.0),
    ("Merino shirt", 59.0),
    ("Head torch", 44.5),
    ("Sleeping bag", 169.0),
    ("Bike light set", 34.9),
    ("Steel bottle", 24.0),
    ("Climbing rope", 139.0),
    ("Down vest", 129.0),
    ("Camp stove", 74.0),
    ("Trekking poles", 64.0),
    ("Dry bag", 19.9),
)
_KINDS: Final = ("blue", "black", "green", "orange")


def products() -> Iterator[dict[str, Any]]:
    """List every product: its SKU, GTIN-14, name and unit value."""
    for sku in range(SKUS):
        thing, value = _THINGS[sku % len(_THINGS)]
        kind = _KINDS[sku // len(_THINGS) % len(_KINDS)]
        yield {
            "sku": f"{''.join(word[0] for word in thing.split()).upper()}-{kind[:2].upper()}-{sku:02d}",
            "gtin": gtin(sku),
            "name": f"{thing}, {kind}",
            "unit_value": value,
        }


def gtin(sku: int) -> str:
    """Give the GTIN-14 of a product's tags: indicator, company, item, check digit."""
    item = f"{100_000 + 131 * sku:06d}"
    digits = item[0] + f"{COMPANIES[sku % len(COMPANIES)]:07d}" + item[1:]
    total = sum(int(digit) * (3 if i % 2 == 0 else 1) for i, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
