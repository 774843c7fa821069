"""What may leave: which EPCs open shipments take, and through which doors."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class ShipmentIndex:
    """EPC -> the doors through which open shipments may take it; '' is any door."""

    doors: dict[str, frozenset[str]]

    @classmethod
    def of(cls, items: Iterable[tuple[str, str]]) -> Self:
        """The index of (EPC, door) pairs."""
        doors: dict[str, set[str]] = {}
        for epc, door in items:
            doors.setdefault(epc, set()).add(door)
        return cls({epc: frozenset(names) for epc, names in doors.items()})

    def shipped(self, epc: str, door_id: str) -> bool:
        """Whether an open shipment takes this EPC out through this door."""
        return not self.doors.get(epc, frozenset()).isdisjoint(("", door_id))
