"""
The reads of a mapped message, a column at a time: a value that is wrong leaves out its own read and no other.
"""

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal, get_args

from core.columns import problem
from ingest.adapters.decoded import Decoded
from ingest.adapters.epc_text import hex_of_base64
from ingest.adapters.mapping import Mapping, TimeFormat, at_names, names_of
from ingest.adapters.payload import REASONS_MAX, kind_of, refuse
from ingest.adapters.rows import Antenna, ChannelMhz, Count, PhaseDeg, Rows, RssiDbm, TimeUs
from ingest.adapters.times import iso_us

_NUMBER: Final = re.compile(r"[+-]?\d{1,19}(\.\d{1,15})?", re.ASCII)
_NUMBER_MAX: Final = 10**19
_US_PER: Final[dict[TimeFormat, int]] = {"s": 1_000_000, "ms": 1_000, "us": 1}
_DBM_PER: Final = {"dbm": 1.0, "cdbm": 0.01}
_MHZ_PER: Final = {"mhz": 1.0, "khz": 1e-3, "hz": 1e-6}
_DEG_PER: Final = {"deg": 1.0, "rad": 180.0 / math.pi}
_BOUNDS: Final = {
    name: (float(meta.ge), float(meta.le))
    for name, (_, meta) in {
        "seen_us": get_args(TimeUs),
        "antenna": get_args(Antenna),
        "rssi_dbm": get_args(RssiDbm),
        "phase_deg": get_args(PhaseDeg),
        "channel_mhz": get_args(ChannelMhz),
        "count": get_args(Count),
    }.items()
}
"""What a column's values lie between, both included."""


@dataclass(slots=True)
class Item:
    """One read as it stands in a message: its own part of the JSON, the whole, and its place for error messages."""

    own: object
    root: object
    place: str
    number: int | None = None
    """Which entry it is of the array at `place`; None where `place` is its own."""

    def get(self, path: str) -> object:
        """What stands at a path: in the read, or in the whole message where the path begins with `$.`."""
        from_root, names = names_of(path)
        value = at_names(self.root if from_root else self.own, names)
        return None if value == "" else value

    def at(self, path: str) -> str:
        """Where a path of this read is."""
        place = self.place if self.number is None else f"{self.place}[{self.number}]"
        return path if path.startswith("$.") else f"{place}.{path}".lstrip(".")


@dataclass(slots=True)
class _Columns:
    """The columns of some reads, and what is wrong with which read: where, and what."""

    items: list[Item]
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)

    def take(self, path: str | None, read: Callable[[Any], Any]) -> list[Any]:
        """One column, None where a read has no value or a wrong one; empty where the map has no path for it."""
        if path is None:
            return []
        faults = self.faults
        column: list[Any] = []
        for i, value in enumerate(self._values(path)):
            good = None
            try:
                if i not in faults:
                    good = read(None if value == "" else value)
            except ValueError as exc:
                faults[i] = (path, str(exc))
            column.append(good)
        return column

    def _values(self, path: str) -> list[object]:
        """What stands at a path in each read."""
        from_root, names = names_of(path)
        if from_root:
            return [at_names(item.root, names) for item in self.items]
        if len(names) > 1:
            return [at_names(item.own, names) for item in self.items]
        (name,) = names
        owns = (item.own for item in self.items)
        return [own.get(name) if type(own) is dict else at_names(own, names) for own in owns]

    def numbers(self, name: str, path: str | None, read: Callable[[Any], Any]) -> list[Any]:
        """One column of numbers, which lie within the bounds of the name."""
        least, most = _BOUNDS[name]
        column = self.take(path, read)
        for i, value in enumerate(column):
            if value is not None and not least <= value <= most:
                self.faults.setdefault(i, (name, f"{value:.12g} lies outside {least:.12g}..{most:.12g}"))
        return column


def read_items(mapping: Mapping, items: list[Item], out: Decoded) -> tuple[Rows, list[Item]]:
    """Make rows of the good ones among the items, which are given back too; the bad ones are quarantined."""
    columns = _Columns(items)
    numbers, dbm_per = columns.numbers, _DBM_PER[mapping.rssi_unit]
    deg_per, mhz_per = _DEG_PER[mapping.phase_unit], _MHZ_PER[mapping.frequency_unit]
    rows = Rows(
        raw_us=numbers("seen_us", mapping.time or "", partial(time_of, form=mapping.time_format)),
        epc=columns.take(mapping.epc, partial(_epc, encoding=mapping.epc_encoding)),
        antenna=numbers("antenna", mapping.antenna, partial(_antenna, ports=mapping.antennas)),
        rssi_dbm=numbers("rssi_dbm", mapping.rssi, partial(_scaled, factor=dbm_per)),
        phase_deg=numbers("phase_deg", mapping.phase, partial(_scaled, factor=deg_per)),
        channel_mhz=numbers("channel_mhz", mapping.frequency, partial(_scaled, factor=mhz_per)),
        count=numbers("count", mapping.count, _whole),
    )
    if not columns.faults:
        return rows, items
    _quarantine(out, items, columns.faults)
    good = [i for i in range(len(items)) if i not in columns.faults]
    return rows.take(good), [items[i] for i in good]


def _quarantine(out: Decoded, items: list[Item], faults: dict[int, tuple[str, str]]) -> None:
    for i in sorted(faults)[: REASONS_MAX - len(out.quarantined)]:
        path, what = faults[i]
        out.quarantined.append(f"{items[i].at(path)}: {what}")
    for (path, what), n in Counter(faults.values()).items():
        refuse(out, kind_of(f"{path}: {what}"), n)


def _epc(value: object, encoding: Literal["hex", "base64"]) -> str:
    if not isinstance(value, str):
        raise ValueError("is not there" if value is None else "is not text")  # noqa: TRY004 - a reader said it
    text = hex_of_base64(value) if encoding == "base64" else value
    reason = problem(text)
    if reason:
        raise ValueError(reason)
    return text.upper()


def _antenna(value: object, ports: dict[str, int]) -> int | None:
    """The port. A name that the map doesn't have is no antenna: the tag was still seen by this reader."""
    if isinstance(value, str):
        if value in ports:
            return ports[value]
        if not _NUMBER.fullmatch(value):
            return None
    return _whole(value)


def time_of(value: object, form: TimeFormat) -> int:
    """Microseconds UTC of a time in one of the forms. Raises ValueError with what is wrong."""
    if value is None:
        raise ValueError("is not there")
    if form == "iso":
        if not isinstance(value, str):
            raise ValueError("is not an ISO 8601 time in quotes")
        return iso_us(value)
    number = number_of(value)
    if form == "ns":
        return int(number // 1_000)
    return round(number * _US_PER[form])


def _scaled(value: object, factor: float) -> float | None:
    return None if value is None else number_of(value) * factor


def _whole(value: object) -> int | None:
    if value is None:
        return None
    number = number_of(value)
    if number != int(number):
        raise ValueError(f"{number} is not a whole number")
    return int(number)


def number_of(value: object) -> float:
    """A number, or one in quotes, as some templates write it; whole ones stay exact. Raises ValueError if none."""
    number = value if type(value) is int or type(value) is float else _number_in(value)
    if -_NUMBER_MAX <= number <= _NUMBER_MAX:
        return number
    raise ValueError("the number is too large")


def _number_in(value: object) -> float:
    if not isinstance(value, str):
        raise ValueError(f"a {type(value).__name__} is not a number")  # noqa: TRY004 - a reader said it
    if not _NUMBER.fullmatch(value):
        raise ValueError(f"{value[:40]!r} is not a number")
    return float(value) if "." in value else int(value)
