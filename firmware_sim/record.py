"""
The `record` command: a scenario goes straight into files, with no broker, as fast as it goes.
"""

import argparse
import sys
from pathlib import Path

from firmware_sim.rooms import PIECE_S, ROOMS, RoomConfig


def add_record(parser: argparse.ArgumentParser) -> None:
    """Say what `record` takes."""
    parser.add_argument("--scenario", choices=sorted(ROOMS), default="quadrants", help="what to record")
    parser.add_argument("--seed", type=int, default=7, help="who moves how; the same seed gives the same bytes (7)")
    parser.add_argument(
        "--for", dest="for_s", type=_seconds, metavar="S", help="simulated seconds (as many as published)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for site.toml, reads.csv, truth.csv")
    parser.add_argument("--room", type=int, default=1, metavar="N", help="rooms: which room, with its shadows (1)")
    parser.add_argument("--piece", type=_seconds, default=PIECE_S, metavar="S", help="quadrants: stay in a square (30)")
    parser.add_argument("--same-epc", action="store_true", help="door-runs: one tag comes again and again")


def run_record(asked: argparse.Namespace) -> int:
    """Record, and say how much."""
    config = RoomConfig(
        seed=asked.seed, room=asked.room, for_s=asked.for_s, piece_s=asked.piece, same_epc=asked.same_epc
    )
    recording = ROOMS[asked.scenario](config)
    recording.write(asked.out)
    sys.stdout.write(f"{asked.out}: {recording.heard.size:,} reads, {len(recording.truth):,} rows of truth\n")
    return 0


def _seconds(text: str) -> float:
    number = float(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text}: give a number above 0")
    return number
