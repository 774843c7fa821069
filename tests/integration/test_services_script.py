"""
scripts/services says what it does, does it once, and needs no root where there is nothing to do.
"""

import subprocess
from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).parent.parent.parent / "scripts" / "services"


def ran(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the script to its end."""
    return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603


def test_services_again_installs_nothing() -> None:
    """
    On a machine that has everything, each step says so and nothing is fetched.
    """
    done = ran("test")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "services: all there"
    assert [line for line in lines[:-1] if not line.endswith("there already")] == []


def test_services_for_running_asks_for_less() -> None:
    """
    What a demo needs is the database; brokers and browsers for tests are not named.
    """
    done = ran("run")
    assert done.returncode == 0, done.stderr
    assert "TimescaleDB" in done.stdout
    assert "mosquitto" not in done.stdout


def test_services_misspelt_is_one_line() -> None:
    """
    A purpose that it doesn't know is refused in one line that names those it does.
    """
    done = ran("everything")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "scripts/services run" in done.stderr
