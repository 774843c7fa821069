"""A shipment that the office announces."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What leaves by right: a reference, a door, and its EPCs, announced so many seconds after the start."""

    reference: str
    door: str
    epcs: tuple[str, ...]
    announced_s: float
