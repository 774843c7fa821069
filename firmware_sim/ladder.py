"""
The `ladder` command: how hard the two small rooms are, beside the real recordings that they stand for.
"""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any, Final

from firmware_sim.ladder_doors import door_ladder
from firmware_sim.ladder_zones import zone_ladder

Ladder = Callable[[int, int], list[tuple[str, float, float]]]
LADDERS: Final[dict[str, Ladder]] = {"quadrants": zone_ladder, "door-runs": door_ladder}
ROOMS_ASKED: Final = (1, 2, 3)
_MANY: Final = 2.0
"""Above this a figure is a count."""


def add_ladder(parser: argparse.ArgumentParser) -> None:
    """Say what `ladder` takes."""
    parser.add_argument("--rooms", type=int, nargs="+", default=list(ROOMS_ASKED), metavar="N", help="which (1 2 3)")
    parser.add_argument("--seed", type=int, default=7, help="who moves how (7)")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run_ladder(asked: argparse.Namespace) -> int:
    """Print each figure: published, the mean of the rooms asked for, and each room's own."""
    told = [row for name, ladder in LADDERS.items() for row in _rows(name, ladder, asked)]
    if asked.json:
        sys.stdout.write(json.dumps(told) + "\n")
        return 0
    sys.stdout.write(f"{'':56}{'real':>9}{'ours':>9}   rooms {' '.join(str(room) for room in asked.rooms)}\n")
    for row in told:
        figures = "".join(_figure(value) for value in (row["published"], row["ours"], *row["rooms"]))
        sys.stdout.write(f"{row['scenario'] + ': ' + row['figure']:56}{figures}\n")
    return 0


def _rows(name: str, ladder: Ladder, asked: argparse.Namespace) -> list[dict[str, Any]]:
    rooms = [ladder(room, asked.seed) for room in asked.rooms]
    return [
        {
            "scenario": name,
            "figure": rows[0][0],
            "published": rows[0][1],
            "ours": sum(row[2] for row in rows) / len(rows),
            "rooms": [row[2] for row in rows],
        }
        for rows in zip(*rooms, strict=True)
    ]


def _figure(value: float) -> str:
    return f"{value:9,.0f}" if value > _MANY else f"{value:9.3f}"
