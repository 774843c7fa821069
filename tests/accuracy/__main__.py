"""Run the protocols and print, or write, what they gave."""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Final

from core.errors import TallyportError
from tests.accuracy.protocols.everything import GROUPS, PROTOCOLS
from tests.accuracy.report import Table, page

WORKERS: Final = 2
MISUSE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; exit status 0 well, 2 misuse or no data."""
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(PROTOCOLS), metavar="NAME", help=", ".join(PROTOCOLS))
    parser.add_argument("--json", action="store_true", help="print the tables as JSON")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write there instead")
    asked = parser.parse_args(arguments)
    try:
        tables = run(asked.only or list(PROTOCOLS))
    except TallyportError as exc:
        sys.stderr.write(f"{exc}\n")
        return MISUSE
    text = as_json(tables) if asked.json else as_page(tables)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def run(names: Sequence[str]) -> dict[str, Table]:
    """Run some protocols, two at a time; the tables come in the order of the names."""
    if len(names) == 1:
        return {name: run_one(name) for name in names}
    with ProcessPoolExecutor(WORKERS) as pool:
        return dict(zip(names, pool.map(run_one, names), strict=True))


def run_one(name: str) -> Table:
    """Run one protocol and say on stderr how long it took."""
    begun = monotonic()
    table = PROTOCOLS[name]()
    sys.stderr.write(f"accuracy: {name} took {monotonic() - begun:.0f} s\n")
    return table


def as_page(tables: dict[str, Table]) -> str:
    """Put the tables under their headings; a heading without tables is left out."""
    groups = {heading: [tables[name] for name in names if name in tables] for heading, names in GROUPS.items()}
    return page({heading: found for heading, found in groups.items() if found})


def as_json(tables: dict[str, Table]) -> str:
    """Give the tables as a list."""
    return json.dumps([table.as_json() for table in tables.values()], indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main())
