"""
The service under test as processes that can be killed, frozen and looked into from outside.
"""

import contextlib
import os
import re
import signal
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tallyport.services.process import LOOPBACK, Child, Launch, free_port

ROOT: Final = Path(__file__).parent.parent.parent
READY: Final = "ingest is ready"
READY_S_MAX: Final = 300.0
LOOK_S: Final = 0.25
TROUBLE: Final = re.compile(r"^\S+ \S+ (WARNING|ERROR) ", re.MULTILINE)


class Service:
    """
    `python -m MODULE`, with what it is told. Start it from the main thread.

    before is what stands before the command: `prlimit --nofile=64`, for one.
    """

    def __init__(self, module: Sequence[str], told: Mapping[str, str], log: Path, before: Sequence[str] = ()) -> None:
        self.module = tuple(module)
        self.told = dict(told)
        self.before = tuple(before)
        self.log = log
        self.ready: Callable[[], bool] = lambda: READY in self.said(self._began)
        """Whether it can be used now."""
        self._child: Child | None = None
        self._began = 0

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._child is not None
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.running

    def launch(self) -> None:
        """Start it and come back at once."""
        self._began = self.log.stat().st_size if self.log.exists() else 0
        self._child = Child(
            Launch(
                name=self.log.stem,
                command=[*self.before, sys.executable, "-m", *self.module],
                port=0,
                log=self.log,
                stop_signal=signal.SIGTERM,
                environment={"PYTHONPATH": str(ROOT), **self.told},
            )
        )
        self._child.start()

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        self.launch()
        self.wait_ready()

    def wait_ready(self, limit_s: float = READY_S_MAX) -> None:
        """Wait until the process that was launched last is ready."""
        assert self._child is not None
        self._child.wait_ready(self.ready, limit_s)

    def said(self, since: int = 0) -> str:
        """What stands in its log from this byte on."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._child is not None:
            self._child.kill()

    def wait_ended(self, limit_s: float) -> bool:
        """Wait for it to end by itself; whether it did."""
        ends = time.monotonic() + limit_s
        while self.running and time.monotonic() < ends:
            time.sleep(0.02)
        return not self.running

    def stop(self) -> None:
        """Ask it to end."""
        if self._child is not None:
            self.thaw()
            self._child.stop()

    def freeze(self) -> None:
        """Stop its clock: the kernel goes on answering for it."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self.running:
            os.kill(self.pid, signal.SIGCONT)


def family_of(pid: int) -> list[int]:
    """A process and its children, such as PostgreSQL's backends."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return [pid, *(child for child, parent in parents.items() if parent == pid)]


def processor_s(pid: int) -> float:
    """How long a process has been on a processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def signal_all(pids: Sequence[int], signum: signal.Signals) -> None:
    """Send a signal to each that is still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signum)


@dataclass
class Watch:
    """
    Looks at a service four times a second: its memory, what it holds, and when it first said that something is wrong.
    """

    service: Service
    metrics_port: int = field(default_factory=free_port)
    rss_max_mb: float = 0.0
    in_flight_max: int = 0
    spooled_max: int = 0
    blind: bool = False
    """Whether it does not ask for metrics."""
    trouble_s: float | None = None
    """When (time.monotonic) a warning was first in the log after `expect_trouble`."""

    def __post_init__(self) -> None:
        """Begin with nothing seen."""
        self._over = threading.Event()
        self._from: int | None = None
        self._thread = threading.Thread(target=self._run, name="watch")

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def expect_trouble(self) -> None:
        """From now on a warning is an answer to the fault."""
        self._from = len(self.service.said().encode())

    def metrics(self) -> dict[str, float]:
        """What it tells Prometheus; empty where it does not answer."""
        if self.blind:
            return {}
        try:
            address = f"http://{LOOPBACK}:{self.metrics_port}/metrics"
            with urllib.request.urlopen(address, timeout=0.5) as answer:
                text = answer.read().decode()
        except OSError:
            return {}
        pairs = (line.split(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value, *_ in pairs}

    def _run(self) -> None:
        while not self._over.wait(LOOK_S):
            self._look()

    def _look(self) -> None:
        if self._from is not None and self.trouble_s is None and TROUBLE.search(self.service.said(self._from)):
            self.trouble_s = time.monotonic()
        if not self.service.running:
            return
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{self.service.pid}/status").read_text()
            found = re.search(r"VmHWM:\s+(\d+) kB", status)
            self.rss_max_mb = max(self.rss_max_mb, int(found[1]) / 1024 if found else 0.0)
        told = self.metrics()
        self.in_flight_max = max(self.in_flight_max, int(told.get("tallyport_mqtt_in_flight", 0)))
        self.spooled_max = max(self.spooled_max, int(told.get("tallyport_ingest_spool_messages", 0)))
