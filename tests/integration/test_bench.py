"""
The measurements that stand on servers, each in a tiny setting: every read and every frame arrives, and nothing is late.
"""

from pathlib import Path

import pytest

from core.settings import Settings
from tallyport.bench.fanout import client_curve, fanout_figures
from tallyport.bench.figure import Figure
from tallyport.bench.history import QUESTIONS, query_curves
from tallyport.bench.ingest import CASES, ingest_figures
from tallyport.bench.restart import restart_figures
from tests.servers import EditionName


@pytest.fixture
def settings(database_url: str, mqtt_url: str, tmp_path: Path) -> Settings:
    """A database and a broker that run already."""
    return Settings(database_url=database_url, mqtt_url=mqtt_url, data_dir=tmp_path)


ONE_OF_EACH = pytest.mark.parametrize(("edition", "broker_kind"), [("apache", "nats")], indirect=True)


@ONE_OF_EACH
@pytest.mark.slow
async def test_ingest_loses_nothing(settings: Settings, edition: EditionName) -> None:
    """
    Each form goes through the whole line, most reads are repeats, none is missing, and a browser hears of them.
    """
    cases = [case for case in CASES if case.name in {"binary", "zebra", "impinj"}]
    figures = [figure async for figure in ingest_figures(settings, 0.5, cases)]
    names = ("ingest/binary", "ingest/zebra", "ingest/impinj", "ingest/binary/delay")
    assert [(f.name, f.lost) for f in figures] == [(name, 0) for name in names]
    *taken, delay = figures
    assert all(f.setting["edition"] == edition for f in taken)
    assert all(f.setting["repeats"] >= 0.8 for f in taken)
    assert 0 < delay.setting["delay_ms_p50"] <= delay.setting["delay_ms_p99"]
    assert all(_is_whole(f) for f in figures)


@ONE_OF_EACH
async def test_fanout_reaches_everybody(settings: Settings) -> None:
    """
    Every client is brought to the last frame, also beside one that reads nothing, and at ten frames a second.
    """
    figures = [figure async for figure in fanout_figures(settings, clients=5, rounds=20, crowd_size=12)]
    assert [(f.name, f.lost) for f in figures] == [("fanout", 0), ("fanout/one stuck", 0), ("fanout/12 maps", 0)]
    assert all(_is_whole(f) for f in figures)


@ONE_OF_EACH
@pytest.mark.slow
async def test_clients_cost_something_each(settings: Settings) -> None:
    """
    There is a point of the curve for each number of clients.
    """
    curve = await client_curve(settings, (2, 5), frames=200)
    assert (curve.sizes, len(curve.costs)) == ((2, 5), 2)
    assert min(curve.costs) > 0


@ONE_OF_EACH
@pytest.mark.slow
async def test_line_comes_up_on_its_history(settings: Settings) -> None:
    """
    From a checkpoint and from none the line is ready.
    """
    figures = [figure async for figure in restart_figures(settings, 40_000)]
    assert [f.name for f in figures] == ["restart", "restart/no checkpoint"]
    assert all(_is_whole(f) for f in figures)


def _is_whole(figure: Figure) -> bool:
    """Whether ours, the peers' and the limit are all there, and can be printed."""
    printed = figure.as_json()
    return printed["ours"] > 0 and printed["limit"] > 0 and all(rate > 0 for rate in printed["peers"].values())


@ONE_OF_EACH
@pytest.mark.slow
async def test_questions_are_asked_at_every_length_of_history(settings: Settings) -> None:
    """
    Each question has a time at each length, and an exponent.
    """
    curves = await query_curves(settings, (20_000, 40_000))
    assert [curve.name for curve in curves] == list(QUESTIONS)
    assert all(min(curve.costs) > 0 and len(curve.costs) == 2 for curve in curves)
