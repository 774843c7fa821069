"""`tallyport bench`: how fast each stage is on this machine."""

import tempfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from core.settings import Settings
from tallyport.bench.decode import decode_figures
from tallyport.bench.engine import engine_figures
from tallyport.bench.fanout import fanout_figures
from tallyport.bench.figure import Figure
from tallyport.bench.ingest import ingest_figures
from tallyport.bench.store import store_figures
from tallyport.commands.console import JsonFlag, print_json, print_table, run, settings


class Stage(StrEnum):
    """What can be measured."""

    DECODE = "decode"
    ENGINE = "engine"
    STORE = "store"
    INGEST = "ingest"
    FANOUT = "fanout"


def bench(
    stages: Annotated[list[Stage] | None, typer.Argument(help="Stages to measure; left out: all.")] = None,
    *,
    json: JsonFlag = False,
) -> None:
    """Measure, beside peers and the machine's own limit in the same run: compare ratios, not numbers."""
    figures = [figure for stage in stages or list(Stage) for figure in _figures(stage)]
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


def _figures(stage: Stage) -> Iterator[Figure]:
    if stage is Stage.DECODE:
        yield from decode_figures()
    elif stage is Stage.ENGINE:
        yield from engine_figures()
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield from run(_with_servers(stage, settings().model_copy(update={"data_dir": Path(folder)})))


async def _with_servers(stage: Stage, chosen: Settings) -> list[Figure]:
    """Measure a stage that stands on servers."""
    measure = {Stage.STORE: store_figures, Stage.INGEST: ingest_figures, Stage.FANOUT: fanout_figures}[stage]
    return [figure async for figure in measure(chosen)]
