"""
The simulator's command line, of use against any MQTT broker.
"""

import argparse
import json
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from firmware_sim.faults import FaultsUnreadable, read_faults
from firmware_sim.ladder import add_ladder, run_ladder
from firmware_sim.products import products
from firmware_sim.publish import BrokerUnreachable
from firmware_sim.realism import add_realism, run_realism
from firmware_sim.record import add_record, run_record
from firmware_sim.rooms import ROOMS
from firmware_sim.run import Config, Progress, Simulation
from firmware_sim.scenarios import SCENARIOS
from firmware_sim.simulation import LAYOUTS
from firmware_sim.stopping import stop_on_signals

TAGS_MIN, TAGS_MAX = 10, 2_000_000
FAILED, MISUSE = 1, 2
BROKER: Final = "mqtt://127.0.0.1:1883"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit status: 0 well, 1 no broker, 2 misuse."""
    asked = _parser().parse_args(arguments)
    try:
        return _COMMANDS[asked.command](asked)
    except FaultsUnreadable as exc:
        sys.stderr.write(f"{exc}\n")
        return MISUSE
    except BrokerUnreachable as exc:
        sys.stderr.write(f"{exc}\n")
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m firmware_sim",
        description="A simulated warehouse: readers of three makes publish reads over MQTT; the truth is known.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("scenarios", help="list the scenarios")
    commands.add_parser("products", help="print the products as JSON")
    _add_world(commands.add_parser("site", help="print the floor plan as a site file"))
    _add_world(commands.add_parser("shipments", help="print the shipments known at the start as JSON"))
    run = commands.add_parser("run", help="run the warehouse against a broker, until --for is over or a signal comes")
    _add_world(run)
    run.add_argument("--mqtt", default=BROKER, metavar="URL", help=f"mqtt://user:password@host:port ({BROKER})")
    run.add_argument("--for", dest="for_s", type=_positive, metavar="S", help="simulated seconds")
    run.add_argument("--out", type=Path, metavar="DIR", help="where truth.csv, events.csv, shipments.json ... go")
    run.add_argument("--json", action="store_true", help="print the summary as JSON")
    add_record(commands.add_parser("record", help="record a scenario into files, with no broker: site, reads, truth"))
    add_ladder(commands.add_parser("ladder", help="print how hard the small rooms are, beside the real ones"))
    add_realism(commands.add_parser("realism", help="print figures of simulated recordings beside real ones"))
    return parser


def _add_world(parser: argparse.ArgumentParser) -> None:
    """Add what says which warehouse it is, alike for all commands."""
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same warehouse (7)")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="standard", help="how busy it is (standard)")
    parser.add_argument("--tags", type=_tags, default=4_000, metavar="N", help=f"{TAGS_MIN} to {TAGS_MAX:,} (4,000)")
    parser.add_argument(
        "--rate", type=float, default=3_000.0, help="reads a second to aim at; 0: the readers' own pace (3,000)"
    )
    parser.add_argument("--speed", type=_positive, default=1.0, metavar="X", help="times faster than the clock (1)")
    parser.add_argument(
        "--since",
        type=float,
        metavar="UNIX_S",
        help="when simulated time was the clock's, to share it with others (now)",
    )
    parser.add_argument("--faults", type=Path, metavar="FILE", help="what goes wrong besides, as TOML or JSON")
    parser.add_argument("--site-id", default="demo", help="the site's id, a level of the native topics (demo)")


def _tags(text: str) -> int:
    number = int(text)
    if not TAGS_MIN <= number <= TAGS_MAX:
        raise argparse.ArgumentTypeError(f"{number:,} tags: give {TAGS_MIN} to {TAGS_MAX:,}")
    return number


def _positive(text: str) -> float:
    number = float(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text}: give a number above 0")
    return number


def _simulation(asked: argparse.Namespace) -> Simulation:
    readers = tuple(reader.id for reader in LAYOUTS[SCENARIOS[asked.scenario].layout]().readers)
    config = Config(
        seed=asked.seed,
        scenario=asked.scenario,
        tags=asked.tags,
        rate=asked.rate or None,
        site_id=asked.site_id,
        faults=read_faults(asked.faults, readers) if asked.faults is not None else (),
        speed=asked.speed,
        since_s=asked.since,
    )
    return Simulation(config)


def _print_scenarios(_: argparse.Namespace) -> int:
    for scenario in SCENARIOS.values():
        sys.stdout.write(f"{scenario.name:17} {scenario.about}\n")
    for name, room in ROOMS.items():
        sys.stdout.write(f"{name:17} (record only) {room.__doc__}\n")
    return 0


def _print_products(_: argparse.Namespace) -> int:
    sys.stdout.write(json.dumps([asdict(product) for product in products()], indent=2) + "\n")
    return 0


def _print_site(asked: argparse.Namespace) -> int:
    asked.tags = TAGS_MIN  # the plan is the same for any number
    sys.stdout.write(_simulation(asked).site_toml())
    return 0


def _print_shipments(asked: argparse.Namespace) -> int:
    rows = [{"reference": s.reference, "door": s.door, "epcs": s.epcs} for s in _simulation(asked).shipments()]
    sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    return 0


def _run(asked: argparse.Namespace) -> int:
    simulation = _simulation(asked)
    out: Path | None = asked.out
    line = Live(Text(""), console=Console(stderr=True), refresh_per_second=2) if sys.stderr.isatty() else None
    stop = threading.Event()

    def told(progress: Progress) -> None:
        if line is not None:
            line.update(Text(_words(progress)))

    def shipped(_: object) -> None:
        if out is not None:
            simulation.write_shipments(out)

    if out is not None:
        simulation.prepare(out)
    with stop_on_signals(stop):
        if line is not None:
            line.start()
        try:
            simulation.run(asked.mqtt, stop, for_s=asked.for_s, on_progress=told, on_shipment=shipped)
        finally:
            if line is not None:
                line.stop()
    _finish(simulation, out, as_json=asked.json)
    return 0


def _finish(simulation: Simulation, out: Path | None, *, as_json: bool) -> None:
    if out is not None:
        simulation.write(out)
    summary = simulation.summary()
    text = json.dumps(summary) if as_json else "\n".join(f"{key}: {value}" for key, value in summary.items())
    sys.stdout.write(text + "\n")


def _words(progress: Progress) -> str:
    behind = f", {progress.behind_s:.1f} s behind" if progress.behind_s > 1.0 else ""
    return (
        f"{progress.at_s:7.1f} s  {progress.reads:,} reads in {progress.messages:,} messages, "
        f"{progress.tags_here:,} tags here, {progress.thefts} stolen, {progress.readers_down} readers down{behind}"
    )


_COMMANDS: Final = {
    "scenarios": _print_scenarios,
    "products": _print_products,
    "site": _print_site,
    "shipments": _print_shipments,
    "run": _run,
    "record": run_record,
    "ladder": run_ladder,
    "realism": run_realism,
}
