"""
What the warehouse deals in, for whoever wants names and values beside the numbers on the tags.
"""

from dataclasses import dataclass
from typing import Final

from firmware_sim.epcs import SKUS, gtin

_THINGS: Final = ("Drill", "Kettle", "Lamp", "Router", "Blender", "Headset", "Toaster", "Camera")
_MAKES: Final = ("Alder", "Birch", "Cedar", "Maple", "Rowan", "Willow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product: its tags carry the GTIN."""

    sku: str
    gtin: str
    name: str
    unit_value: float
    owner: str


def products() -> list[Product]:
    """All products, in the order of their numbers."""
    return [
        Product(
            sku=f"SKU-{no:04d}",
            gtin=gtin(no),
            name=f"{_THINGS[no % len(_THINGS)]} {_MAKES[no // len(_THINGS) % len(_MAKES)]}",
            unit_value=round(14.9 + 7.5 * (no * 37 % 40), 2),
            owner=("own", "consignment")[no % 7 == 0],
        )
        for no in range(SKUS)
    ]
