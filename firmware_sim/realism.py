"""
The `realism` command: figures of simulated recordings beside those of real ones.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Final

from firmware_sim.realism_real import PUBLISHED, real_figures
from firmware_sim.realism_sim import simulated_figures

VARIABLE: Final = "TALLYPORT_DATA"
BESIDE_US: Final = Path(__file__).parent.parent.parent / "shared" / "data"


def add_realism(parser: argparse.ArgumentParser) -> None:
    """Say what `realism` takes."""
    parser.add_argument("--data", type=Path, metavar="DIR", help=f"the real recordings (${VARIABLE}, ../shared/data)")
    parser.add_argument("--seed", type=int, default=7, help="which simulated recordings (7)")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run_realism(asked: argparse.Namespace) -> int:
    """Print each figure, real and simulated; a figure that only one side has stands alone."""
    folder = asked.data or Path(os.environ.get(VARIABLE, BESIDE_US))
    real, missing = real_figures(folder)
    ours = simulated_figures(asked.seed)
    names = sorted(dict.fromkeys([*ours, *real]), key=lambda name: name.partition(":")[0])
    rows = [
        {"figure": name, "real": real.get(name), "published": name in PUBLISHED, "simulated": ours.get(name)}
        for name in names
    ]
    if asked.json:
        sys.stdout.write(json.dumps({"missing": missing, "figures": rows}) + "\n")
        return 0
    sys.stdout.write(f"{'':58}{'real':>10}{'simulated':>12}\n")
    for row in rows:
        mark = " (published)" if row["published"] else ""
        sys.stdout.write(f"{row['figure']:58}{_told(row['real']):>10}{_told(row['simulated']):>12}{mark}\n")
    for name in missing:
        sys.stdout.write(f"missing: {folder / name}; name the folder of the recordings after --data\n")
    return 0


def _told(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "-"
