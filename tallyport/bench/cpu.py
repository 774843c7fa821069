"""Where the time goes: the CPU seconds that processes have used, as Linux counts them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICKS_A_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    name: str
    ticks: int


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and of all that it started, ended ones included."""
    processes, ticks = list(_processes()), 0
    family = {pid}
    while family:
        ticks += sum(process.ticks for process in processes if process.pid in family)
        # A child may have a smaller number than its parent: numbers begin anew.
        family = {process.pid for process in processes if process.parent in family}
    return ticks / TICKS_A_S


def child_named(name: str) -> int | None:
    """Our own child of this name; None where we run none."""
    return next((p.pid for p in _processes() if p.parent == os.getpid() and p.name == name), None)


def _processes() -> Iterator[_Process]:
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = file.read_text()
        except OSError:  # it ended while we looked
            continue
        name, _, rest = text[text.index("(") + 1 :].rpartition(")")
        facts = rest.split()
        yield _Process(int(file.parent.name), int(facts[1]), name, sum(map(int, facts[11:15])))
