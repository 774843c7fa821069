"""
What goes wrong on the way from a reader, as data: a list read from a TOML or JSON file, or brought by the scenario.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

FaultKind = Literal[
    # Messages are sent twice, each with this probability.
    "duplicate",
    # Messages are sent later by up to this many seconds, in their order.
    "delay",
    # Messages of a window of time are sent in another order.
    "reorder",
    # The reader loses power: it says nothing and hears nothing; the broker publishes its last will.
    "silence",
    # The network is down: the reader stores what it reads, and tells it later at a throttled pace.
    "disconnect",
    # The reader's clock is off, and perhaps drifts.
    "clock",
    # The reader restarts when the fault begins, and is back when it ends, with its counters at nought.
    "reboot",
    # The network is down and the store is small: the oldest reads are purged.
    "overflow",
    # An antenna's cable comes off.
    "antenna",
]
PARAMETERS: Final[Mapping[str, Mapping[str, float]]] = {
    "duplicate": {"probability": 0.2},
    "delay": {"seconds": 1.0},
    "reorder": {"window_s": 1.0},
    "silence": {},
    "disconnect": {"throttle_per_s": 500.0},
    "clock": {"offset_s": 60.0, "drift_ppm": 0.0},
    "reboot": {},
    "overflow": {"buffer_max": 500.0, "throttle_per_s": 500.0},
    "antenna": {"port": 1.0},
}
"""For each kind its parameters, with their defaults."""
_KEYS: Final = {"kind", "reader", "from_s", "to_s"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong with one reader ("*" for all) from one instant to another, seconds after the start."""

    kind: FaultKind
    reader: str
    from_s: float
    to_s: float
    parameters: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __getitem__(self, name: str) -> float:
        """Value of a parameter, or its default."""
        return float(self.parameters.get(name, PARAMETERS[self.kind][name]))

    def touches(self, reader: str, at_s: float) -> bool:
        """Whether it is going on at this reader now."""
        return self.reader in {"*", reader} and self.from_s <= at_s < self.to_s


class FaultsUnreadable(ValueError):
    """A list of faults can't be used as it is written."""

    def __init__(self, source: str, problems: list[str]) -> None:
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))
        self.source = source
        self.problems = tuple(problems)


def read_faults(path: Path, readers: tuple[str, ...]) -> tuple[Fault, ...]:
    """Read a file of faults: a JSON list, or TOML with a [[fault]] table for each."""
    try:
        text = path.read_text("utf-8")
    except OSError as exc:
        raise FaultsUnreadable(str(path), [f"{exc.strerror}; write a readable file's name after --faults"]) from exc
    try:
        document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as exc:
        raise FaultsUnreadable(str(path), [f"{exc}; write [[fault]] tables in TOML, or a list in .json"]) from exc
    entries = document if isinstance(document, list) else document.get("fault", [])
    extra = set(document) - {"fault"} if isinstance(document, dict) else set()
    if extra or not isinstance(entries, list):
        raise FaultsUnreadable(str(path), [f"unknown {', '.join(sorted(extra))}; write one [[fault]] table a fault"])
    lines = [n for n, line in enumerate(text.splitlines(), start=1) if line.strip() == "[[fault]]"]
    return parse_faults(entries, readers, str(path), lines)


def parse_faults(
    entries: list[object], readers: tuple[str, ...], source: str, lines: list[int] | None = None
) -> tuple[Fault, ...]:
    """Check a list of faults, and name every problem in it."""
    problems: list[str] = []
    faults: list[Fault] = []
    for n, entry in enumerate(entries):
        where = f"line {lines[n]}" if lines and n < len(lines) else f"fault {n + 1}"
        found = list(_problems(entry, readers))
        problems += [f"{where}: {problem}" for problem in found]
        if not found and isinstance(entry, dict):
            faults.append(_fault(entry))
    if problems:
        raise FaultsUnreadable(source, problems)
    return tuple(faults)


def _problems(entry: object, readers: tuple[str, ...]) -> list[str]:
    if not isinstance(entry, dict):
        return [f"{entry!r} is not a table; write kind, reader, from_s and to_s"]
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in PARAMETERS:
        return [f"kind {kind!r} is unknown; write one of {', '.join(get_args(FaultKind))}"]
    found = []
    unknown = sorted(set(entry) - _KEYS - set(PARAMETERS[kind]))
    if unknown:
        allowed = ", ".join(sorted(_KEYS | set(PARAMETERS[kind])))
        found.append(f"unknown key {', '.join(unknown)}; a {kind} fault takes {allowed}")
    if entry.get("reader") not in (*readers, "*"):
        found.append(f"reader {entry.get('reader')!r} is not on the plan; write one of {', '.join(readers)} or *")
    numbers = {key: entry.get(key) for key in (set(entry) | {"from_s", "to_s"}) - {"kind", "reader"} - set(unknown)}
    wrong = sorted(key for key, value in numbers.items() if isinstance(value, bool) or not _is_number(value))
    found += [f"{key} is {numbers[key]!r}; write a number" for key in wrong]
    if not wrong and not 0 <= entry["from_s"] < entry["to_s"]:
        found.append(f"from_s {entry['from_s']} and to_s {entry['to_s']}; write 0 <= from_s < to_s")
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _fault(entry: Mapping[str, object]) -> Fault:
    numbers = {key: float(str(value)) for key, value in entry.items() if key not in {"kind", "reader"}}
    kind: FaultKind = next(kind for kind in get_args(FaultKind) if kind == entry["kind"])
    return Fault(
        kind=kind,
        reader=str(entry["reader"]),
        from_s=numbers.pop("from_s"),
        to_s=numbers.pop("to_s"),
        parameters=numbers,
    )
