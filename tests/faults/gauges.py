"""
Gauges on our processes: memory, open files and threads of each, every few seconds, for as long as a soak lasts.
"""

import contextlib
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from tests.faults.processes import Service
from tests.faults.slope import Slope, slope_of

LOOK_S: Final = 2.0
WARM_S: Final = 60.0
"""What a process does in the first half of its life, and this long at least, is no growth: it fills tables, and meets
each kind of trouble for the first time."""
LIMITS_PER_H: Final = {"memory_mb": 1.0, "files": 10.0, "threads": 10.0}
"""What is measured, and how little it has to grow by: a file left open whenever a link breaks is far more than ten."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at one process: which, when (time.monotonic), in calm or not, and what was read off."""

    process: str
    pid: int
    at_s: float
    calm: bool
    values: Mapping[str, float]


def values_of(pid: int) -> dict[str, float]:
    """Resident memory, open files and threads of a process, as Linux tells them; OSError where it has ended."""
    proc = Path(f"/proc/{pid}")
    told = dict(re.findall(r"^(VmRSS|Threads):\s+(\d+)", (proc / "status").read_text(), re.MULTILINE))
    if "VmRSS" not in told:
        raise ProcessLookupError(f"process {pid} has ended")
    return {
        "memory_mb": int(told["VmRSS"]) / 1024,
        "files": float(sum(1 for _ in (proc / "fd").iterdir())),
        "threads": float(told["Threads"]),
    }


@dataclass
class Gauges:
    """
    Looks at services by name. One that is started again has a new process, whose samples are a segment of their own.

    calm  whether nothing is broken now; only such samples tell of growth
    """

    services: Mapping[str, Service]
    samples: list[Sample] = field(default_factory=list)
    calm: bool = False

    def look(self) -> None:
        """Take a sample of each service that runs."""
        for name, service in self.services.items():
            if not service.running:
                continue
            with contextlib.suppress(OSError):
                pid = service.pid
                self.samples.append(Sample(name, pid, time.monotonic(), self.calm, values_of(pid)))

    def slope(self, process: str, quantity: str) -> Slope:
        """How much a quantity of a process grows, by its samples in calm, warmed up."""
        lives: dict[int, list[Sample]] = {}
        for sample in self.samples:
            if sample.process == process:
                lives.setdefault(sample.pid, []).append(sample)
        used = [[s for s in life if s.calm and s.at_s >= _warm_at_s(life)] for life in lives.values()]
        return slope_of(
            [(np.array([s.at_s for s in life]), np.array([s.values[quantity] for s in life])) for life in used]
        )

    def highest(self, process: str, quantity: str) -> float:
        """The most that was ever seen."""
        return max((s.values[quantity] for s in self.samples if s.process == process), default=0.0)


def _warm_at_s(life: Sequence[Sample]) -> float:
    began_s, ended_s = life[0].at_s, life[-1].at_s
    return began_s + max(WARM_S, (ended_s - began_s) / 2)


@contextmanager
def gauged(services: Mapping[str, Service]) -> Iterator[Gauges]:
    """Look every few seconds for as long as the block."""
    gauges, over = Gauges(services), threading.Event()

    def run() -> None:
        while not over.wait(LOOK_S):
            gauges.look()

    thread = threading.Thread(target=run, name="gauges")
    thread.start()
    try:
        yield gauges
    finally:
        over.set()
        thread.join()
