"""
The map of a `mapped` reader (docs/wire.md): where in its JSON things stand, and in which units.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from core.site import Reader

Path = Annotated[str, Meta(pattern=r"\A(\$\.)?[^.\x00-\x1f]{1,64}(\.[^.\x00-\x1f]{1,64}){0,7}\Z")]
Name = Annotated[str, Meta(pattern=r"\A[^\x00-\x1f\x7f]{1,64}\Z")]
Port = Annotated[int, Meta(ge=1, le=32_767)]
TimeFormat = Literal["iso", "s", "ms", "us", "ns"]
Scalar = str | int | bool

_MADE_MAX: Final = 1_024


class Status(Struct, frozen=True, forbid_unknown_fields=True):
    """A message that has `path` says whether the reader is there."""

    path: Path
    online: tuple[Scalar, ...] = ("online",)
    offline: tuple[Scalar, ...] = ("offline",)


class Direction(Struct, frozen=True, forbid_unknown_fields=True, rename={"inward": "in", "outward": "out"}):
    """The reader's own verdict on which way a tag went stands at `path`."""

    path: Path
    inward: tuple[Scalar, ...] = ("IN",)
    outward: tuple[Scalar, ...] = ("OUT",)


class SensorAt(Struct, frozen=True, forbid_unknown_fields=True):
    """A sensor's value stands at `value`."""

    sensor: Name
    quantity: Name
    value: Path


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """What a site file may say under `mapping`; docs/wire.md says what each key is for."""

    reads: Path | None = None
    epc: Path | None = None
    epc_encoding: Literal["hex", "base64"] = "hex"
    time: Path | None = None
    time_format: TimeFormat = "iso"
    antenna: Path | None = None
    antennas: dict[str, Port] = {}
    rssi: Path | None = None
    rssi_unit: Literal["dbm", "cdbm"] = "dbm"
    frequency: Path | None = None
    frequency_unit: Literal["mhz", "khz", "hz"] = "mhz"
    phase: Path | None = None
    phase_unit: Literal["deg", "rad"] = "deg"
    count: Path | None = None
    only: dict[Path, Scalar | list[Scalar]] = {}
    status: Status | None = None
    direction: Direction | None = None
    sensors: list[SensorAt] = []


def check_mapping(mapping: dict[str, Any]) -> list[str]:
    """Say everything that is wrong with the mapping of a `mapped` reader; nothing where it is right."""
    try:
        made = msgspec.convert(mapping, Mapping)
    except msgspec.ValidationError as exc:
        what, _, path = str(exc).partition(" - at `$")
        return [f"mapping{path.rstrip('`')}: {what[:1].lower() + what[1:]}"]
    problems = []
    if made.epc is None and not made.sensors:
        problems.append("mapping: neither `epc` nor `sensors` is there; say where one of them stands")
    if made.epc is not None and made.time is None:
        problems.append("mapping: `time` is not there; without the reader's own time a redelivery can't be told")
    return problems


class ReaderHints(Struct, frozen=True, forbid_unknown_fields=True):
    """What the site file may say under `mapping` of an Impinj reader."""

    antennas: dict[str, Port] = {}
    inside_sectors: list[str] = []


def check_hints(mapping: dict[str, Any]) -> list[str]:
    """Say what is wrong with the mapping of a reader that isn't `mapped`; nothing where it is right."""
    try:
        msgspec.convert(mapping, ReaderHints)
    except msgspec.ValidationError as exc:
        what, _, path = str(exc).partition(" - at `$")
        return [f"mapping{path.rstrip('`')}: {what[:1].lower() + what[1:]}"]
    return []


@dataclass(slots=True)
class Maps:
    """Maps already made of readers' mappings, so that each is checked once and not once a message."""

    made: dict[int, tuple[Reader, Mapping]] = field(default_factory=dict)

    def of(self, reader: Reader) -> Mapping:
        """The reader's map. Raises msgspec.ValidationError where check_mapping would have said so."""
        kept = self.made.get(id(reader))
        if kept is not None and kept[0] is reader:
            return kept[1]
        if len(self.made) >= _MADE_MAX:
            self.made.clear()
        mapping = msgspec.convert(reader.mapping, Mapping)
        self.made[id(reader)] = (reader, mapping)
        return mapping


@lru_cache(maxsize=_MADE_MAX)
def names_of(path: str) -> tuple[bool, tuple[str, ...]]:
    """Whether a path begins at the whole message (`$.`), and the names on the way."""
    from_root = path.startswith("$.")
    return from_root, tuple((path[2:] if from_root else path).split("."))


def at_names(value: object, names: tuple[str, ...]) -> object:
    """Find what stands at the end of a way; a number names an entry of an array; None where nothing stands."""
    for name in names:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value
