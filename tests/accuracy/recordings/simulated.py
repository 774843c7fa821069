"""Recordings of the simulator, made by its own command in a folder that goes away."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.accuracy.recording import Recording, load


@cache
def simulated(scenario: str, seed: int, *options: str) -> Recording:
    """Record a scenario: `python -m firmware_sim record --scenario SCENARIO --seed SEED OPTIONS`."""
    with TemporaryDirectory(prefix="tallyport-accuracy-") as name:
        folder = Path(name)
        words = [sys.executable, "-m", "firmware_sim", "record", "--scenario", scenario, "--seed", str(seed)]
        words += [*options, "--out", str(folder)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
        return load(folder)
