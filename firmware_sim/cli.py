"""
The simulator's command line, of use against any MQTT broker.
"""

import json
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from firmware_sim.faults import FaultsUnreadable, read_faults
from firmware_sim.layout import demo_plan
from firmware_sim.publish import BrokerUnreachable
from firmware_sim.run import Config, Progress, Simulation
from firmware_sim.scenarios import SCENARIOS
from firmware_sim.stopping import stop_on_signals

app = typer.Typer(
    help="A simulated warehouse: readers of three makes that publish tag reads to an MQTT broker, and the truth beside it.",
    no_args_is_help=True,
    add_completion=False,
)
TAGS_MIN, TAGS_MAX = 10, 2_000_000
MISUSE = 2


@app.command()
def scenarios() -> None:
    """List the scenarios."""
    for scenario in SCENARIOS.values():
        typer.echo(f"{scenario.name:10} {scenario.about}")


@app.command()
def site(
    scenario: Annotated[str, typer.Option(help="Scenario whose patience to write.")] = "standard",
    site_id: Annotated[str, typer.Option(help="The site's id, a level of the native topics.")] = "demo",
) -> None:
    """Write the warehouse's floor plan as a site file."""
    config = Config(scenario=_known(scenario), site_id=site_id, tags=TAGS_MIN)
    typer.echo(Simulation(config).site_toml(), nl=False)


@app.command()
def run(
    mqtt: Annotated[str, typer.Option(help="The broker: mqtt://user:password@host:port")] = "mqtt://127.0.0.1:1883",
    seed: Annotated[int, typer.Option(help="The same seed gives the same warehouse.")] = 7,
    scenario: Annotated[str, typer.Option(help="See the command scenarios.")] = "standard",
    tags: Annotated[int, typer.Option(min=TAGS_MIN, max=TAGS_MAX, help="How many tags.")] = 4_000,
    rate: Annotated[float, typer.Option(help="Reads a second to aim at; 0: as the readers' own pace has it.")] = 3_000,
    for_s: Annotated[float | None, typer.Option("--for", help="Simulated seconds; without it until stopped.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, help="How many times faster than the clock.")] = 1.0,
    out: Annotated[Path | None, typer.Option(help="Folder for truth.csv, events.csv, shipments.json ...")] = None,
    faults: Annotated[Path | None, typer.Option(help="File of faults, TOML or JSON.")] = None,
    site_id: Annotated[str, typer.Option(help="The site's id, a level of the native topics.")] = "demo",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Run the warehouse against a broker, until --for is over or a signal comes."""
    readers = tuple(reader.id for reader in demo_plan().readers)
    try:
        brought = read_faults(faults, readers) if faults is not None else ()
        config = Config(
            seed=seed,
            scenario=_known(scenario),
            tags=tags,
            rate=rate or None,
            site_id=site_id,
            faults=brought,
            speed=speed,
        )
        simulation = Simulation(config)
        _run(simulation, mqtt, for_s, out)
    except FaultsUnreadable as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(MISUSE) from exc
    except BrokerUnreachable as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(1) from exc
    summary = simulation.summary()
    typer.echo(json.dumps(summary) if as_json else "\n".join(f"{key}: {value}" for key, value in summary.items()))


def _known(scenario: str) -> str:
    if scenario not in SCENARIOS:
        typer.echo(f"no scenario {scenario!r}: choose one of {', '.join(SCENARIOS)}", err=True)
        raise typer.Exit(MISUSE)
    return scenario


def _run(simulation: Simulation, mqtt: str, for_s: float | None, out: Path | None) -> None:
    stop = threading.Event()
    console = Console(stderr=True)
    line = Live(Text(""), console=console, refresh_per_second=2) if sys.stderr.isatty() else None
    if out is not None:
        simulation.write(out)
    with stop_on_signals(stop):
        if line is None:
            _publish(simulation, mqtt, stop, for_s, out, None)
        else:
            with line:
                _publish(simulation, mqtt, stop, for_s, out, line)
    if out is not None:
        simulation.write(out)


def _publish(
    simulation: Simulation, mqtt: str, stop: threading.Event, for_s: float | None, out: Path | None, line: Live | None
) -> None:
    def told(progress: Progress) -> None:
        if line is not None:
            line.update(Text(_words(progress)))

    def shipped(_: object) -> None:
        if out is not None:
            simulation.write_shipments(out)

    simulation.run(mqtt, stop, for_s=for_s, on_progress=told, on_shipment=shipped)


def _words(progress: Progress) -> str:
    behind = f", {progress.behind_s:.1f} s behind" if progress.behind_s > 1.0 else ""
    return (
        f"{progress.at_s:7.1f} s  {progress.reads:,} reads in {progress.messages:,} messages, "
        f"{progress.tags_here:,} tags here, {progress.thefts} things stolen, {progress.readers_down} readers down{behind}"
    )
