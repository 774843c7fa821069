"""`tallyport bench`: how fast each stage is on this machine."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from core.settings import Settings
from tallyport.bench.brokers import BrokerName
from tallyport.bench.decode import decode_figures
from tallyport.bench.engine import engine_figures
from tallyport.bench.fanout import fanout_figures
from tallyport.bench.figure import Figure
from tallyport.bench.ingest import CASES, SECONDS, ingest_figures
from tallyport.bench.store import store_figures
from tallyport.commands.console import JsonFlag, print_json, print_table, run, settings

Measure = Callable[[Settings], AsyncIterator[Figure]]


class Stage(StrEnum):
    """What can be measured."""

    DECODE = "decode"
    ENGINE = "engine"
    STORE = "store"
    INGEST = "ingest"
    FANOUT = "fanout"


class Shape(StrEnum):
    """A shape of message (tallyport.bench.ingest.CASES)."""

    BINARY = "binary"
    COLUMNS = "columns"
    BINARY_500 = "binary-500"


def bench(
    stages: Annotated[list[Stage] | None, typer.Argument(help="Stages to measure; left out: all.")] = None,
    *,
    broker: Annotated[
        list[BrokerName] | None, typer.Option(help="Brokers of `ingest`; left out: all that are installed.")
    ] = None,
    shape: Annotated[
        list[Shape] | None, typer.Option(help="Messages of `ingest`, of 100 reads or more; left out: all.")
    ] = None,
    seconds: Annotated[
        float, typer.Option("--for", min=1.0, help="Seconds that each run of `ingest` is sustained.")
    ] = SECONDS,
    json: JsonFlag = False,
) -> None:
    """Measure, beside peers and the machine's own limit in the same run: compare ratios, not numbers."""
    cases = [case for case in CASES if not shape or case.name in shape]
    ingest = partial(ingest_figures, seconds=seconds, cases=cases, brokers=broker or ())
    figures = [figure for stage in stages or list(Stage) for figure in _figures(stage, ingest)]
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


def _figures(stage: Stage, ingest: Measure) -> Iterator[Figure]:
    if stage is Stage.DECODE:
        yield from decode_figures()
    elif stage is Stage.ENGINE:
        yield from engine_figures()
    else:
        measure = {Stage.STORE: store_figures, Stage.INGEST: ingest, Stage.FANOUT: fanout_figures}[stage]
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o711)  # where we are root, our servers are not: their files go with all else here
            yield from run(_all_of(measure, settings().model_copy(update={"data_dir": Path(folder)})))


async def _all_of(measure: Measure, chosen: Settings) -> list[Figure]:
    """Measure a stage that stands on servers."""
    return [figure async for figure in measure(chosen)]
