"""The simulator's recordings are made once for each state of the simulator, and asked of as they should be."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.accuracy.protocols import hard
from tests.accuracy.recording import Place, Read, Recording
from tests.accuracy.recordings import simulated, static_tags


def small() -> Recording:
    """One tag on the shelf for ten seconds."""
    at_s = static_tags.START_S
    reads = [Read(at_s + second, "shelf-1", 1, "AA", -55.0) for second in range(10)]
    return Recording(site=static_tags.site(), reads=reads, truth=[Place("AA", at_s, at_s + 10, "shelf")])


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """The command lines that were run, instead of a simulator that takes its time."""
    asked: list[list[str]] = []

    def run(command: list[str], **_rest: object) -> None:
        asked.append(command)
        small().write(Path(command[-1]))

    monkeypatch.setattr(simulated, "KEPT", tmp_path)
    monkeypatch.setattr(subprocess, "run", run)
    simulated.simulated.cache_clear()
    yield asked
    simulated.simulated.cache_clear()


def test_simulated_asks_the_recorder_once(made: list[list[str]]) -> None:
    """
    The second time, even in another process, the recording lies there already.
    """
    first = simulated.simulated("quadrants", 3, "--room", "2")
    simulated.simulated.cache_clear()

    assert first == simulated.simulated("quadrants", 3, "--room", "2")
    assert 1 == len(made)
    assert ["record", "--scenario", "quadrants", "--seed", "3", "--room", "2", "--out"] == made[0][3:-1]


def test_simulated_forgets_what_another_simulator_made(
    made: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A change of the simulator makes all recordings anew, and drops the old ones.
    """
    simulated.simulated("quadrants", 3)
    monkeypatch.setattr(simulated, "source_hash", lambda: "changed")
    simulated.simulated.cache_clear()

    simulated.simulated("quadrants", 3)

    assert 2 == len(made)
    assert ["changed"] == [path.name for path in tmp_path.iterdir()]


def test_hard_asks_each_method_of_a_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A row has the zones of each method, of the tags that move (here none does), and the doors of ours beside all out.
    """
    methods = {"last antenna": hard.METHODS["last antenna"]}
    monkeypatch.setattr(hard, "METHODS", methods)
    monkeypatch.setattr(hard, "simulated", lambda *_words: small())
    monkeypatch.setattr(hard, "walk_test", lambda *_words: small())

    figures = hard.of_scenario("standard")

    assert 0.0 == figures["last antenna"]
    assert {"all out: F1", "ours, plan", "ours, plan: false"} <= figures.keys()
