"""
The `record` command: a scenario goes straight into files, with no broker, as fast as it goes.
"""

import argparse
import sys
from pathlib import Path

from firmware_sim.record_warehouse import FOR_S, record_warehouse
from firmware_sim.recording import Recording
from firmware_sim.rooms import PIECE_S, ROOMS, RoomConfig
from firmware_sim.scenarios import SCENARIOS
from firmware_sim.simulation import Config
from firmware_sim.walk_test import NoWalkTest, record_walk_test

MISUSE = 2


def add_record(parser: argparse.ArgumentParser) -> None:
    """Say what `record` takes."""
    names = [*ROOMS, *SCENARIOS]
    parser.add_argument("--scenario", choices=names, default="standard", help="what to record (standard)")
    parser.add_argument("--seed", type=int, default=7, help="who moves how; the same seed gives the same bytes (7)")
    parser.add_argument(
        "--for", dest="for_s", type=_seconds, metavar="S", help="simulated seconds (as many as published)"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="for site.toml, reads.csv, truth.csv, words.csv"
    )
    parser.add_argument("--room", type=int, default=1, metavar="N", help="rooms: which room, with its shadows (1)")
    parser.add_argument("--piece", type=_seconds, default=PIECE_S, metavar="S", help="quadrants: stay in a square (30)")
    parser.add_argument("--same-epc", action="store_true", help="door-runs: one tag comes again and again")
    parser.add_argument("--walk-test", action="store_true", help="warehouses: carry reference tags through every zone")
    parser.add_argument("--tags", type=int, default=4_000, metavar="N", help="warehouses: how many (4,000)")
    parser.add_argument("--rate", type=float, default=3_000.0, help="warehouses: reads a second; 0: at their own pace")


def run_record(asked: argparse.Namespace) -> int:
    """Record, and say how much."""
    try:
        recording = _recorded(asked)
    except NoWalkTest as exc:
        sys.stderr.write(f"{exc}\n")
        return MISUSE
    recording.write(asked.out)
    sys.stdout.write(f"{asked.out}: {recording.heard.size:,} reads, {len(recording.truth):,} rows of truth\n")
    return 0


def _recorded(asked: argparse.Namespace) -> Recording:
    if asked.scenario in ROOMS:
        if asked.walk_test:
            raise NoWalkTest(f"{asked.scenario} is a room: a walk test takes a warehouse, such as --scenario standard")
        room = RoomConfig(
            seed=asked.seed, room=asked.room, for_s=asked.for_s, piece_s=asked.piece, same_epc=asked.same_epc
        )
        return ROOMS[asked.scenario](room)
    config = Config(seed=asked.seed, scenario=asked.scenario, tags=asked.tags, rate=asked.rate or None)
    if asked.walk_test:
        return record_walk_test(config, asked.for_s)
    return record_warehouse(config, asked.for_s or FOR_S)


def _seconds(text: str) -> float:
    number = float(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text}: give a number above 0")
    return number
