"""
A server as our child process: started on a leash, waited for until it answers, stopped before we end.
"""

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, Signals
from typing import Final

from core.errors import TallyportError
from tallyport.services import leash
from tallyport.services.account import Account

LOOPBACK: Final = "127.0.0.1"
# Below the range that the kernel gives to outgoing connections: none of them takes a port that we have just found free.
PORTS_MIN, PORTS_MAX = 20_000, 32_000
PORTS_TRIED_MAX: Final = 200
READY_S_MAX: Final = 60.0
STOP_S_MAX: Final = 20.0
LOG_BYTES_MAX: Final = 10 << 20
POLL_S: Final = 0.02


class ServiceFailed(TallyportError):
    """A server that we start ourselves did not start, or stopped; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Everything there is to say about how a server is started."""

    name: str
    command: Sequence[str]
    port: int
    log: Path
    stop_signal: Signals
    account: Account | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """
    One running server. Start it from a thread that stays (the main one): the kernel ends it with the thread that
    started it.
    """

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The server's own process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def status(self) -> int | None:
        """The exit status it ended with; None while it runs."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start the server; `wait_ready` says when it answers."""
        launch = self.launch
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        _rotate(launch.log)
        account = launch.account
        who = [account.name, str(account.uid), str(account.gid)] if account else [leash.NO_ACCOUNT, "0", "0"]
        reins = [sys.executable, "-I", "-S", leash.__file__, str(int(launch.stop_signal)), str(os.getpid()), *who]
        with launch.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                [*reins, *launch.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={**_plain_environment(), **launch.environment},
                start_new_session=True,  # Ctrl-C is for us; we end our children in order
            )

    def wait_ready(self, ready: Callable[[], bool], limit_s: float = READY_S_MAX) -> None:
        """Return once the server answers; say what it said where it ended instead."""
        deadline = time.monotonic() + limit_s
        while not ready():
            if not self.running:
                raise ServiceFailed(f"{self.launch.name} did not start: {last_words(self.launch.log)}")
            if time.monotonic() > deadline:
                self.stop()
                raise ServiceFailed(f"{self.launch.name} did not answer within {limit_s:.0f} s: see {self.launch.log}")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Ask it to end, and insist after a while. A server that has ended already is no error."""
        if self._process is None or not self.running:
            return
        self._process.send_signal(self.launch.stop_signal)
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a power cut would: no clean-up of its own."""
        if self._process is not None:
            self._process.send_signal(SIGKILL)
            self._process.wait()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    for _ in range(PORTS_TRIED_MAX):
        # From the system: processes whose generators were seeded alike, as tests' are, must not ask for the same one.
        port = random.SystemRandom().randint(PORTS_MIN, PORTS_MAX)
        if port_is_free(port):
            return port
    raise ServiceFailed(f"no free port between {PORTS_MIN} and {PORTS_MAX} on {LOOPBACK}")


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def require_free_port(name: str, port: int) -> None:
    """Refuse, in one line, a port that somebody else has."""
    if not port_is_free(port):
        raise ServiceFailed(f"port {port} for {name} is in use: stop what listens there, or choose another port")


def port_answers(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0


def process_exists(pid: int, program: str) -> bool:
    """Whether this process is alive and runs this program; a recycled number is somebody else."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    name = Path(f"/proc/{pid}/comm")
    return not name.exists() or name.read_text().strip().startswith(program[:15])


def wait_gone(pid: int, program: str, limit_s: float = STOP_S_MAX) -> bool:
    """Wait for a server of a run before us, which may still be shutting down; whether it has gone."""
    deadline = time.monotonic() + limit_s
    while process_exists(pid, program):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def last_words(log: Path, lines_max: int = 400) -> str:
    """The last line of a log that says what was fatal, or else its last line."""
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines()[-lines_max:] if line.strip()]
    except FileNotFoundError:
        return "it left no log"
    fatal = [line for line in lines if any(word in line for word in ("FATAL", "[FTL]", "PANIC", "Error:"))]
    return (fatal or lines or ["it said nothing"])[-1] + f" (log: {log})"


def _rotate(log: Path) -> None:
    """Keep one log of the run before when this one has grown."""
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".old"))


def _plain_environment() -> dict[str, str]:
    """What a server may know of our environment: nothing that would change how it runs (PGDATA, PGPORT...)."""
    kept = ("PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR", "LD_LIBRARY_PATH", "TZ")
    return {"LC_ALL": "C", **{name: os.environ[name] for name in kept if name in os.environ}}
