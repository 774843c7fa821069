"""
The statements of sql/*.sql by name, read once; each file holds blocks of a name, a sentence and a statement.
"""

import re
from importlib.resources import files
from typing import Final

_HEADING: Final = re.compile(r"^-- (?P<name>[a-z][a-z0-9_]*) --$", re.MULTILINE)


def load_queries(file: str) -> dict[str, str]:
    """Read the statements of one file of core/store/sql; a name said twice is our mistake."""
    text = files("core.store").joinpath("sql", file).read_text("utf-8")
    _, *blocks = _HEADING.split(text)
    names, statements = blocks[::2], blocks[1::2]
    assert len(set(names)) == len(names), f"{file} names a statement twice"
    return {name: body.strip() for name, body in zip(names, statements, strict=True)}


QUERIES: Final = load_queries("queries.sql")
"""The statements of sql/queries.sql."""
