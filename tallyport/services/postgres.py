"""
A PostgreSQL server of our own: made once in a data folder, started on loopback, ended with us.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGINT
from typing import Final
from urllib.parse import quote

from tallyport.services.account import Account, own, reachable, service_account
from tallyport.services.installation import Installation, installations, reachable_copy
from tallyport.services.process import (
    LOOPBACK,
    Child,
    Launch,
    ServiceFailed,
    free_port,
    last_words,
    require_free_port,
    wait_gone,
)

USER: Final = "tallyport"
DATABASE: Final = "tallyport"
PASSWORD_BYTES: Final = 24
READY_LINE: Final = 7  # of postmaster.pid, as PostgreSQL documents it: the server's status

TUNING: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "max_locks_per_transaction": "256",  # a hypertable takes a lock a chunk
    "jit": "off",  # our statements are short; compiling them costs more than it brings
}
TIMESCALEDB: Final = {
    "shared_preload_libraries": "timescaledb",
    "timescaledb.telemetry_level": "off",
    "max_worker_processes": "16",
    "timescaledb.max_background_workers": "4",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresPlan:
    """What server is wanted, and where."""

    folder: Path
    installation: Installation
    port: int = 0
    trust: bool = False  # no password: for a server that lives for one test run
    settings: Mapping[str, str] = field(default_factory=dict)


def choose_installation(folder: Path) -> Installation:
    """The server that made this data folder; for a new folder the best that the machine has."""
    choice = installations()
    if not (folder / "PG_VERSION").exists():
        return next((one for one in choice if one.timescaledb), choice[-1])
    major = int((folder / "PG_VERSION").read_text())
    needs_timescaledb = _mark(folder).exists()
    fitting = [one for one in choice if one.major == major and (one.timescaledb or not needs_timescaledb)]
    if not fitting:
        wanted = f"PostgreSQL {major}" + (" with TimescaleDB" if needs_timescaledb else "")
        have = ", ".join(one.title for one in choice)
        raise ServiceFailed(
            f"{folder} was made by {wanted}, and this machine has {have}: install {wanted}, or move the folder away "
            f"to begin anew"
        )
    plain = [one for one in fitting if not one.timescaledb]
    return fitting[0] if needs_timescaledb or not plain else plain[-1]


class PostgresServer:
    """One PostgreSQL server: `prepare`, `start`, `wait_ready`, `stop`."""

    def __init__(self, plan: PostgresPlan) -> None:
        self.plan = plan
        self.account: Account | None = service_account()
        self.installation = reachable_copy(plan.installation, self.account)
        self.folder = plan.folder.absolute()
        self.port = plan.port or free_port()
        self.log = self.folder.parent / "log" / f"{self.folder.name}.log"
        self.child = Child(self._launch())

    @property
    def url(self) -> str:
        """How a client reaches the database, password included."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """How a client reaches another database of this server."""
        secret = "" if self.plan.trust else f":{quote(self._password_file.read_text().strip())}"
        return f"postgresql://{USER}{secret}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the data folder where there is none, and see to it that nobody else uses it or the port."""
        if not reachable(self.folder, self.account):
            assert self.account is not None
            raise ServiceFailed(
                f"PostgreSQL runs as user {self.account.name}, who can't enter {self.folder.parent}: set "
                f"TALLYPORT_DATA_DIR to a folder that others may enter, such as /var/lib/tallyport"
            )
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._wait_for_predecessor()
        require_free_port("PostgreSQL", self.port)
        if not (self.folder / "PG_VERSION").exists():
            self._make()

    def start(self) -> None:
        """Start the server; see `Child` for which thread may do that."""
        self.child.start()

    def wait_ready(self) -> None:
        """Return once the server takes statements."""
        self.child.wait_ready(self._ready)

    def stop(self) -> None:
        """Shut the server down: clients are cut off, nothing committed is lost."""
        self.child.stop()

    @property
    def _pid_file(self) -> Path:
        return self.folder / "postmaster.pid"

    @property
    def _password_file(self) -> Path:
        return self.folder.parent / f"{self.folder.name}.password"

    def _ready(self) -> bool:
        try:
            lines = self._pid_file.read_text().splitlines()
        except FileNotFoundError:
            return False
        mine = bool(lines) and lines[0] == str(self.child.pid)
        return mine and len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready"

    def _wait_for_predecessor(self) -> None:
        """A server whose parent was killed is still shutting down; one that was killed itself left a stale file."""
        try:
            pid = int(self._pid_file.read_text().splitlines()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return
        if not wait_gone(pid, "postgres"):
            raise ServiceFailed(
                f"another PostgreSQL (process {pid}) uses {self.folder}: stop the Tallyport that runs it, or set "
                f"TALLYPORT_DATA_DIR to another folder"
            )
        self._pid_file.unlink(missing_ok=True)

    def _make(self) -> None:
        """Make the data folder in one move, so that a run that was cut off leaves nothing half made."""
        fresh = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        own(fresh, self.account)
        secret = secrets.token_urlsafe(PASSWORD_BYTES)
        self._keep_password(secret)
        method = "trust" if self.plan.trust else "scram-sha-256"
        options = ["-U", USER, "-E", "UTF8", "--locale=C", "--no-instructions", f"--auth-host={method}"]
        options += ["--auth-local=reject", f"--pwfile={fresh}.password", *(["--no-sync"] if self.plan.trust else [])]
        handed = Path(f"{fresh}.password")
        try:
            handed.write_text(secret + "\n")
            handed.chmod(0o600)
            if self.account is not None:
                os.chown(handed, self.account.uid, self.account.gid)
            self._run("initdb", "-D", str(fresh), *options)
            self._run("postgres", "--single", "-D", str(fresh), "postgres", said=f"CREATE DATABASE {DATABASE}\n")
        finally:
            handed.unlink(missing_ok=True)
        if self.installation.timescaledb:
            _mark(fresh).touch()
        fresh.rename(self.folder)

    def _keep_password(self, secret: str) -> None:
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secret + "\n")

    def _run(self, program: str, *arguments: str, said: str = "") -> None:
        """Run one of the server's programs as the server's user."""
        who = self.account
        with self.log.open("ab") as log:
            done = subprocess.run(  # noqa: S603 - the command is ours
                [self.installation.programs / program, *arguments],
                input=said.encode(),
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
                user=who.uid if who else None,
                group=who.gid if who else None,
                extra_groups=[] if who else None,
                check=False,
            )
        if done.returncode != 0:
            raise ServiceFailed(f"{program} could not make {self.folder}: {last_words(self.log)}")

    def _launch(self) -> Launch:
        settings = {**TUNING, "port": str(self.port)}
        if self.installation.timescaledb:
            settings |= TIMESCALEDB
        settings |= self.plan.settings
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Launch(
            name="PostgreSQL",
            command=[str(self.installation.programs / "postgres"), "-D", str(self.folder), *options],
            port=self.port,
            log=self.log,
            stop_signal=SIGINT,  # a fast shutdown: doesn't wait for clients
            account=self.account,
        )


def _mark(folder: Path) -> Path:
    """A file that says that this data folder's tables need TimescaleDB."""
    return folder / "tallyport-timescaledb"
