"""SHIPMENTS.json: what may leave, and since when that is known, beside the reads of a recording."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from core.errors import BadInput
from core.model.shipped import ShipmentIndex
from core.site import Site


class BadShipments(BadInput):
    """The file holds no such shipments."""


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """What leaves by right. `door` is empty for any door; `announced_s` is Unix time, 0 for from the beginning."""

    reference: str
    epcs: tuple[str, ...]
    door: str = ""
    announced_s: float = 0.0


class Announced:
    """Shipments in the order in which they become known."""

    def __init__(self, shipments: Sequence[Shipment] = ()) -> None:
        self._coming = sorted(shipments, key=lambda shipment: shipment.announced_s, reverse=True)
        self._known: list[tuple[str, str]] = []
        self._index = ShipmentIndex({})

    def by(self, at_us: int) -> ShipmentIndex:
        """Give what is known at a time, which is never before the one asked for last."""
        known = len(self._known)
        while self._coming and self._coming[-1].announced_s * 1e6 <= at_us:
            shipment = self._coming.pop()
            self._known += [(epc.upper(), shipment.door) for epc in shipment.epcs]
        if len(self._known) > known:
            self._index = ShipmentIndex.of(self._known)
        return self._index


def read_shipments(path: Path, site: Site) -> list[Shipment]:
    """Read the file. Raises BadShipments, which names the place and what is wrong there."""
    try:
        shipments = msgspec.json.decode(path.read_bytes(), type=list[Shipment])
    except msgspec.DecodeError as exc:  # a ValidationError is one too
        raise BadShipments(f"{path}: {exc}; it is a list of {{reference, epcs, door, announced_s}}") from exc
    doors = [door.id for door in site.doors]
    for no, shipment in enumerate(shipments):
        if shipment.door and shipment.door not in doors:
            raise BadShipments(
                f"{path}: $[{no}].door {shipment.door!r} is not in the site file; its doors are {', '.join(doors)}"
            )
    return shipments
