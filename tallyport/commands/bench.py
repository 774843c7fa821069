"""`tallyport bench`: how fast each stage is on this machine, and how its cost grows."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from core.settings import Settings
from tallyport.bench.brokers import BrokerName
from tallyport.bench.curve import draw, plotter
from tallyport.bench.decode import decode_figures
from tallyport.bench.engine import engine_figures
from tallyport.bench.fanout import client_curve, fanout_figures
from tallyport.bench.figure import Figure
from tallyport.bench.growth import engine_curves
from tallyport.bench.history import query_curves
from tallyport.bench.ingest import CASES, SECONDS, ingest_figures
from tallyport.bench.restart import restart_figures
from tallyport.bench.store import store_figures
from tallyport.commands.console import JsonFlag, print_json, print_table, run, settings, speaking

Measure = Callable[[Settings], AsyncIterator[Figure]]


class Stage(StrEnum):
    """What can be measured."""

    DECODE = "decode"
    ENGINE = "engine"
    STORE = "store"
    INGEST = "ingest"
    FANOUT = "fanout"
    RESTART = "restart"
    """How soon a line with a million tags is ready again; takes minutes, and is measured only where it is asked for."""
    GROWTH = "growth"
    """How time and memory grow with all that may be many; measured only where it is asked for, alone."""


class Shape(StrEnum):
    """A shape of message (tallyport.bench.ingest.CASES)."""

    BINARY = "binary"
    COLUMNS = "columns"
    BINARY_500 = "binary-500"
    ZEBRA = "zebra"
    ZEBRA_1 = "zebra-1"
    IMPINJ = "impinj"


def bench(
    stages: Annotated[
        list[Stage] | None, typer.Argument(help="What to measure; left out: all but restart and growth.")
    ] = None,
    *,
    broker: Annotated[
        list[BrokerName] | None, typer.Option(help="Brokers of `ingest`; left out: all that are installed.")
    ] = None,
    shape: Annotated[list[Shape] | None, typer.Option(help="Messages of `ingest`; left out: all.")] = None,
    seconds: Annotated[
        float, typer.Option("--for", min=1.0, help="Seconds that each run of `ingest` is sustained.")
    ] = SECONDS,
    json: JsonFlag = False,
    big: Annotated[bool, typer.Option("--big", help="growth: ten million tags as well.")] = False,
    plot: Annotated[Path | None, typer.Option(help="growth: draw the curves into this SVG file.")] = None,
) -> None:
    """Measure, beside peers and the machine's own limit in the same run: compare ratios, not numbers."""
    chosen = stages or [stage for stage in Stage if stage not in (Stage.RESTART, Stage.GROWTH)]
    if Stage.GROWTH in chosen:
        if len(chosen) > 1:
            raise typer.BadParameter("growth is measured alone: say `tallyport bench growth`")
        with speaking():
            _show_growth(json=json, big=big, plot=plot)
        return
    cases = [case for case in CASES if not shape or case.name in shape]
    ingest = partial(ingest_figures, seconds=seconds, cases=cases, brokers=broker or ())
    figures = [figure for stage in chosen for figure in _figures(stage, ingest)]
    _show(figures, json=json)


def _show(figures: list[Figure], *, json: bool) -> None:
    if json:
        print_json([figure.as_json() for figure in figures])
        return
    print_table(
        ("what", "ours", "unit", "of the limit", "peers", "lost"),
        [
            (
                figure.name,
                f"{figure.ours:,.0f}",
                figure.unit,
                f"{figure.ours / figure.limit:.1%}" if figure.limit else "",
                "; ".join(f"{name}: {rate:,.0f}" for name, rate in figure.peers.items()),
                figure.lost,
            )
            for figure in figures
        ],
        "nothing was measured",
    )


def _show_growth(*, json: bool, big: bool, plot: Path | None) -> None:
    if plot is not None:
        plotter()  # before minutes of measuring
    with tempfile.TemporaryDirectory() as folder:
        # Each with a database of its own: open maps are told of nothing that a history has long passed.
        history, clients = (
            settings().model_copy(update={"data_dir": Path(folder) / name}) for name in ("history", "maps")
        )
        on_servers = [*run(query_curves(history)), run(client_curve(clients))]
    curves = [*engine_curves(big=big), *on_servers]
    if plot is not None:
        draw(curves, plot)
    if json:
        print_json([curve.as_json() for curve in curves])
        return
    print_table(
        ("what", "unit", "against", "measured", "exponent"),
        [
            (
                curve.name,
                curve.unit,
                curve.against,
                "; ".join(f"{size:,}: {cost:.3g}" for size, cost in zip(curve.sizes, curve.costs, strict=True)),
                f"{curve.exponent:+.2f}",
            )
            for curve in curves
        ],
        "nothing was measured",
    )


def _figures(stage: Stage, ingest: Measure) -> Iterator[Figure]:
    if stage is Stage.DECODE:
        yield from decode_figures()
    elif stage is Stage.ENGINE:
        yield from engine_figures()
    else:
        on_servers: dict[Stage, Measure] = {
            Stage.STORE: store_figures,
            Stage.INGEST: ingest,
            Stage.FANOUT: fanout_figures,
            Stage.RESTART: restart_figures,
        }
        measure = on_servers[stage]
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o711)  # where we are root, our servers are not: their files go with all else here
            yield from run(_all_of(measure, settings().model_copy(update={"data_dir": Path(folder)})))


async def _all_of(measure: Measure, chosen: Settings) -> list[Figure]:
    """Measure a stage that stands on servers."""
    return [figure async for figure in measure(chosen)]
