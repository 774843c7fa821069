"""
Compiled kernels are kept on disk here, so that only the first start of a version on a machine has to compile them.

Numba's own cache looks at the file that a kernel stands in, and not at the kernels and constants that it uses from
others; and a file that a power cut left half written stops it for good. So ours has a folder for each module and state
of all the sources that it is made from, and what doesn't come back whole is compiled anew.
"""

import contextlib
import hashlib
import logging
import os
import pickle
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import llvmlite
import numba
import numpy as np
from numba.core import config
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from core.engine.made_from import made_from

ROOT: Final = Path(__file__).parents[2]
FOLDERS_MAX: Final = 8
"""A module's folders of other states are let go past this many."""
NO_MATTER: Final = ("THREAD", "CACHE", "DEBUG", "DUMP")
"""Words in the names of numba's settings that change no machine code."""

_REBUILD: Final[Callable[..., CompileResult]] = CompileResult._rebuild  # noqa: SLF001 - as numba's own cache does
_DUMP: Final[Callable[[object], bytes]] = dumps

log = logging.getLogger(__name__)


def keep(kernel: Any, function: Callable[..., Any], folder: Path | None) -> None:  # noqa: ANN401 - numba has no types
    """Have numba's dispatcher of a function look into the folder before it compiles, and keep there what it made."""
    kernel._cache = Kept(function, folder)  # noqa: SLF001 - numba has no public way to a cache of one's own


class Kept:
    """What a numba dispatcher asks for its compiled versions; it answers from a folder, or not at all."""

    def __init__(self, function: Callable[..., Any], folder: Path | None) -> None:
        code = hashlib.sha256(function.__code__.co_code).hexdigest()
        self._name = (function.__module__, function.__qualname__, code)
        self._folder = folder if function.__closure__ is None else None

    @property
    def cache_path(self) -> str | None:
        """The folder, as numba's own caches have it."""
        return None if self._folder is None else str(self._folder)

    def load_overload(self, signature: Any, target: Any) -> CompileResult | None:  # noqa: ANN401 - numba has no types
        """The kernel compiled for these argument types; None where it isn't kept whole."""
        if self._folder is None:
            return None
        target.refresh()
        key = self._key(signature, target.codegen())
        try:
            held = self._file(key).read_bytes()
            if hashlib.sha256(held[32:]).digest() != held[:32]:
                log.warning("compiling %s anew: what was kept of it is damaged", self._name[1])
                return None
            found, parts = pickle.loads(held[32:])  # noqa: S301 - from a folder that only we can write to
            return _REBUILD(target, *parts) if found == key else None
        except FileNotFoundError:
            return None
        except Exception as exc:  # noqa: BLE001 - whatever it is, a compiler is at hand
            log.warning("compiling %s anew: %s", self._name[1], exc)
            return None

    def save_overload(self, signature: Any, made: Any) -> None:  # noqa: ANN401 - as above
        """Keep a compiled kernel. A disk that is full or read-only costs the next start its time, and nothing else."""
        if self._folder is None or made.library.has_dynamic_globals or made.lifted:
            return
        key = self._key(signature, made.codegen)
        try:
            _write(self._file(key), _DUMP((key, made._reduce())))  # noqa: SLF001 - as numba does
        except Exception as exc:  # noqa: BLE001 - it is compiled; keeping it is a courtesy to the next start
            log.info("not keeping %s as compiled: %s", self._name[1], exc)

    def _key(self, signature: Any, codegen: Any) -> tuple[Any, ...]:  # noqa: ANN401 - as above
        """All that tells one compiled version in the folder from another; numba's word for the processor is in it."""
        return (*self._name, signature, codegen.magic_tuple())

    def _file(self, key: tuple[Any, ...]) -> Path:
        assert self._folder is not None
        return self._folder / f"{self._name[1]}-{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}"


@cache
def own_folder(module: str) -> Path | None:
    """
    Where a module in this state keeps its compiled kernels; None where there is no safe place.

    It stands in the user's cache folder ($XDG_CACHE_HOME, or else ~/.cache).
    """
    try:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        all_kept = Path(home) / "tallyport" / "compiled" / module
        folder = all_kept / state_of(module, ROOT)
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _let_go_of_old(all_kept)
        found = folder.stat()
    except (OSError, RuntimeError) as exc:  # RuntimeError: nobody knows where home is
        log.info("not keeping compiled kernels: %s", exc)
        return None
    ours = found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o022
    return folder if ours else None  # loading runs what is in there: nobody else may have put it there


def state_of(module: str, root: Path) -> str:
    """One word for all that machine code depends on: what the module is made from, versions, and numba's settings."""
    digest = hashlib.sha256()
    for path in made_from(module, root):
        text = path.read_bytes()
        digest.update(f"{path.relative_to(root)} {len(text)}\n".encode())
        digest.update(text)
    versions = (sys.version, numba.__version__, llvmlite.__version__, np.__version__)
    settings = {name: value for name, value in vars(config).items() if name.isupper() and isinstance(value, int | str)}
    told = {name: value for name, value in settings.items() if not any(word in name for word in NO_MATTER)}
    digest.update(repr((versions, sorted(told.items()))).encode())
    return digest.hexdigest()[:24]


def _write(path: Path, data: bytes) -> None:
    """Write a file that others see whole or not at all."""
    number, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(hashlib.sha256(data).digest() + data)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _let_go_of_old(all_kept: Path) -> None:
    folders = sorted(all_kept.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in folders[FOLDERS_MAX:]:
        shutil.rmtree(folder, ignore_errors=True)
