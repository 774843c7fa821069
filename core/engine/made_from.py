"""Which of our sources a module is made from: its own file, and what it imports of ours, and they in turn."""

import ast
from collections.abc import Iterator
from pathlib import Path


def made_from(module: str, root: Path) -> list[Path]:
    """
    Give the files that a module's meaning hangs on, sorted; `root` is the folder in which our packages stand.

    Packages count only where something is imported from themselves, and not from a module in them.
    """
    found: set[Path] = set()
    waiting = [_file(module, root)]
    while waiting:
        path = waiting.pop()
        if path is not None and path not in found:
            found.add(path)
            waiting += _imported(path, root)
    return sorted(found)


def _imported(path: Path, root: Path) -> Iterator[Path | None]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (_file(alias.name, root) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield _file(f"{node.module}.{alias.name}", root) or _file(node.module, root)


def _file(module: str, root: Path) -> Path | None:
    """Where a module stands; None for one that isn't ours."""
    place = root.joinpath(*module.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)
