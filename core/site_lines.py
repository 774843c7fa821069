"""On which line of a TOML text each table and key stands: what tomllib knows and doesn't tell."""

import re
from typing import Final

Path = tuple[str | int, ...]

_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?\s*$")
_KEY: Final = re.compile(r"^\s*([A-Za-z0-9_\-]+)\s*=")
_QUOTED: Final = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')


class Lines:
    """Path of a table or key, such as ("zone", 2, "polygon"), -> its line, counted from 1."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {(): 1}
        self._counts: dict[Path, int] = {}
        table: Path = ()
        depth = 0
        for number, line in enumerate(text.splitlines(), start=1):
            bare = _QUOTED.sub("''", line).split("#", 1)[0]
            if depth == 0 and (header := _HEADER.match(bare)):
                table = self._open(header[2].split("."), is_array=header[1] == "[[")
                self._lines[table] = number
                if header[1] == "[[":
                    self._lines.setdefault(table[:-1], number)
                continue
            if depth == 0 and (key := _KEY.match(bare)):
                self._lines.setdefault((*table, key[1]), number)
            depth += sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}")

    def of(self, path: Path) -> int:
        """Give the line of the path, or of what it is in."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def _open(self, names: list[str], *, is_array: bool) -> Path:
        path: Path = ()
        for name in names[:-1]:
            path = (*path, name)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        path = (*path, names[-1])
        if not is_array:
            return path
        self._counts[path] = self._counts.get(path, 0) + 1
        return (*path, self._counts[path] - 1)
