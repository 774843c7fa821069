"""
Recordings of the simulator, made by its own command; kept in .tallyport for as long as the simulator stays as it is.
"""

import subprocess
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Final

from tests.accuracy.recording import Recording, load

ROOT: Final = Path(__file__).parents[3]
KEPT: Final = ROOT / ".tallyport" / "accuracy"


@cache
def simulated(scenario: str, seed: int, *options: str) -> Recording:
    """Record a scenario: `python -m firmware_sim record --scenario SCENARIO --seed SEED OPTIONS`."""
    words = ["--scenario", scenario, "--seed", str(seed), *options]
    folder = KEPT / source_hash() / sha256(" ".join(words).encode()).hexdigest()[:16]
    if not folder.is_dir():
        _record(words, folder)
    return load(folder)


@cache
def source_hash() -> str:
    """Tell one state of the simulator from another."""
    said = sha256()
    for path in sorted((ROOT / "firmware_sim").rglob("*.py")):
        said.update(path.read_bytes())
    return said.hexdigest()[:16]


def _record(words: list[str], folder: Path) -> None:
    """Record beside the place and move there whole, since another process may be at it too."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for stale in KEPT.iterdir():
        if stale != folder.parent:
            rmtree(stale, ignore_errors=True)
    with TemporaryDirectory(dir=folder.parent) as name:
        made = Path(name) / "made"
        command = [sys.executable, "-m", "firmware_sim", "record", *words, "--out", str(made)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)  # noqa: S603 - our own words
        if not folder.is_dir():
            made.rename(folder)
