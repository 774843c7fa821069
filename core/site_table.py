"""A TOML table read key by key: what is missing, misspelt or of the wrong type becomes a problem with its line."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final, TypeVar

from core.site_lines import Lines, Path

Choice = TypeVar("Choice", bound=StrEnum)

_PLACEHOLDER_ID: Final = "?"


@dataclass(slots=True)
class Problems:
    """Everything wrong with one file, in the file's order."""

    file: str
    lines: Lines
    found: dict[Path, str] = field(default_factory=dict)

    def add(self, path: Path, what: str) -> None:
        """Note a problem at a path. The first one there counts: what follows from it is no second one."""
        self.found.setdefault(path, what)

    def any_at(self, *paths: Path) -> bool:
        """Whether one of these has a problem already, so that what follows from it need not be looked at."""
        return any(path in self.found for path in paths)

    def texts(self) -> list[str]:
        """Each as file:line: problem."""
        by_line = sorted((self.lines.of(path), what) for path, what in self.found.items())
        return [f"{self.file}:{line}: {what}" for line, what in by_line]


class Table:
    """One table. Each verb takes a key and gives a value that fits, noting a problem where the file's doesn't."""

    def __init__(self, body: dict[str, Any], path: Path, problems: Problems) -> None:
        self.path = path
        self._body = body
        self._problems = problems
        self._known: set[str] = set()

    def problem(self, key: str, what: str) -> None:
        """Note a problem with the value of a key."""
        self._problems.add((*self.path, key), what)

    def text(self, key: str, default: str | None = None) -> str:
        """Read a string."""
        value: str = self._typed(key, str, "a text", default, _PLACEHOLDER_ID)
        return value

    def name_like(self, key: str, pattern: re.Pattern[str]) -> str:
        """Read a string of a given pattern."""
        value = self.text(key)
        if value != _PLACEHOLDER_ID and not pattern.fullmatch(value):
            self.problem(key, f"{key} {value!r} must match {pattern.pattern}")
        return value

    def number(self, key: str, default: float | None = None, *, above: float = -math.inf) -> float:
        """Read a number, finite and more than `above`."""
        value = self._typed(key, (int, float), "a number", default, 1.0)
        if not (math.isfinite(value) and value > above):
            bound = f" above {above:g}" if above > -math.inf else ""
            self.problem(key, f"{key} is {value:g}; write a number{bound}")
        return float(value)

    def optional_number(self, key: str, *, above: float = -math.inf) -> float | None:
        """Read a number that may be left out."""
        return self.number(key, above=above) if self._has(key) else None

    def integer(self, key: str, *, at_least: int) -> int:
        """Read a whole number."""
        value: int = self._typed(key, int, "a whole number", None, at_least)
        if value < at_least:
            self.problem(key, f"{key} is {value}; the least is {at_least}")
        return value

    def optional_integer(self, key: str, *, at_least: int) -> int | None:
        """Read a whole number that may be left out."""
        return self.integer(key, at_least=at_least) if self._has(key) else None

    def choice(self, key: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """Read one of a closed set of words."""
        members = list(kind)
        value = self.one_of(key, [m.value for m in members], default.value if default else None)
        return kind(value)

    def one_of(self, key: str, words: list[str], default: str | None = None) -> str:
        """Read one of some words."""
        value = self.text(key, default)
        if value in words:
            return value
        if value != _PLACEHOLDER_ID:
            self.problem(key, f"{key} {value!r} is none of {' '.join(words)}{did_you_mean(value, words)}")
        return default or words[0]

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of strings; empty where left out."""
        values = self._typed(key, list, "a list of texts", [], [])
        if not all(isinstance(value, str) for value in values):
            self.problem(key, f"{key} must be a list of texts")
            return ()
        return tuple(values)

    def corners(self, key: str) -> tuple[tuple[float, float], ...]:
        """Read a list of [x, y]; empty where it is anything else."""
        values = self._typed(key, list, "a list of corners [x, y]", None, [])
        if not all(isinstance(v, list) and len(v) == 2 and all(_is_number(n) for n in v) for v in values):  # noqa: PLR2004
            self.problem(key, f"{key} must be a list of corners such as [[0, 0], [20, 0], [20, 10]]")
            return ()
        return tuple((float(x), float(y)) for x, y in values)

    def mapping(self, key: str) -> dict[str, Any]:
        """Read a table as it is; empty where left out."""
        return dict(self._typed(key, dict, "a table", {}, {}))

    def table(self, key: str, *, required: bool) -> "Table":
        """Read a table."""
        body = self._typed(key, dict, f"a table [{key}]", None if required else {}, {})
        return Table(body, (*self.path, key), self._problems)

    def tables(self, key: str) -> Iterator["Table"]:
        """Read a list of tables; nothing where left out."""
        for i, body in enumerate(self._typed(key, list, f"written as [[{key}]]", [], [])):
            if isinstance(body, dict):
                yield Table(body, (*self.path, key, i), self._problems)
            else:
                self.problem(key, f"{key} must be written as [[{key}]]")

    def end(self) -> None:
        """Note the keys that nobody asked for."""
        for key in self._body:
            if key not in self._known:
                where = ".".join(str(part) for part in self.path if isinstance(part, str)) or "the file"
                self.problem(key, f"unknown key {key!r} in {where}{did_you_mean(key, self._known)}")

    def _has(self, key: str) -> bool:
        self._known.add(key)
        return key in self._body

    def _typed(self, key: str, kind: Any, words: str, default: Any, stand_in: Any) -> Any:  # noqa: ANN401 - TOML values
        if not self._has(key):
            if default is None:
                where = ".".join(str(part) for part in self.path if isinstance(part, str)) or "the file"
                self._problems.add((*self.path, key), f"{key} is missing in {where}; it must be {words}")
                return stand_in
            return default
        value = self._body[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.problem(key, f"{key} must be {words}")
            return stand_in if default is None else default
        return value


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the nearest known word, if one is near."""
    near = get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
