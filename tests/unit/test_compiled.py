"""Kernels that an earlier start compiled: taken where they are whole and of this very state, or else compiled anew."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pytest

from core.engine import kernels_fold
from core.engine.compiled import FOLDERS_MAX, ROOT, keep, own_folder, state_of
from core.engine.made_from import made_from

KEPT_OF_ALL_KERNELS = """
import json, sys
from core.engine import kernels_fold, kernels_settle, kernels_silence
from core.engine.warm_up import warm_up
warm_up()
cold = [
    f"{name}.{k.__name__}"
    for name, module in sys.modules.items()
    if name.startswith("core.engine.") and not name.startswith("core.engine.kernels")
    for k in vars(module).values()
    if hasattr(k, "overloads") and not k.overloads
]
kernels = [k for m in (kernels_fold, kernels_settle, kernels_silence) for k in vars(m).values() if hasattr(k, "stats")]
counts = [sum(s.values()) for k in kernels for s in (k.stats.cache_hits, k.stats.cache_misses)]
print(json.dumps({"counts": counts, "cold": cold}))
"""

MODULE = kernels_fold.__name__
Numbers = npt.NDArray[np.float64]


def twice(numbers: Numbers) -> Numbers:
    """Double each number."""
    return numbers + numbers


def thrice(numbers: Numbers) -> Numbers:
    """Treble each number."""
    return numbers + numbers + numbers


def start(function: Callable[..., Any], folder: Path | None) -> Any:  # noqa: ANN401 - numba has no types
    """A kernel as a new process has it."""
    made = numba.njit(nogil=True)(function)
    keep(made, function, folder)
    return made


def hits_and_misses(kernel: Any) -> tuple[int, int]:  # noqa: ANN401 - as above
    """How often it was found compiled, and how often it had to be compiled."""
    return sum(kernel.stats.cache_hits.values()), sum(kernel.stats.cache_misses.values())


def test_kernel_is_compiled_once_for_each_type(tmp_path: Path) -> None:
    """
    A later start finds what an earlier one compiled, and compiles what it didn't.
    """
    whole, real = np.arange(3), np.array([0.5])
    assert start(twice, tmp_path)(whole).tolist() == [0, 2, 4]

    later = start(twice, tmp_path)

    assert (later(whole).tolist(), hits_and_misses(later)) == ([0, 2, 4], (1, 0))
    assert (later(real).tolist(), hits_and_misses(later)) == ([1.0], (1, 1))


def test_kernel_that_changed_is_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Other code under the same name is another kernel.
    """
    start(twice, tmp_path)(np.arange(3))
    monkeypatch.setattr(thrice, "__qualname__", "twice")

    later = start(thrice, tmp_path)

    assert (later(np.arange(3)).tolist(), hits_and_misses(later)) == ([0, 3, 6], (0, 1))


@pytest.mark.parametrize("damage", [lambda held: held[:-1], lambda held: held[:0], lambda held: held[:90] + bytes(9)])
def test_kernel_that_was_damaged_is_compiled_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """
    A file that was cut off, emptied or overwritten on disk is no obstacle, and is whole again afterwards.
    """
    start(twice, tmp_path)(np.arange(3))
    (file,) = tmp_path.iterdir()
    held = file.read_bytes()
    file.write_bytes(damage(held))

    later, last = start(twice, tmp_path), start(twice, tmp_path)

    assert (later(np.arange(3)).tolist(), hits_and_misses(later)) == ([0, 2, 4], (0, 1))
    assert (last(np.arange(3)).tolist(), hits_and_misses(last)) == ([0, 2, 4], (1, 0))


def test_kernel_that_cannot_be_kept_works(tmp_path: Path) -> None:
    """
    Without a folder, or with one that can't be written to, kernels are compiled at each start and right.
    """
    for folder in (None, tmp_path / "not there"):
        kernel = start(twice, folder)
        assert (kernel(np.arange(3)).tolist(), hits_and_misses(kernel)) == ([0, 2, 4], (0, 1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("changed", ["ours/kernels.py", "ours/constants.py", "ours/deep/__init__.py", "ours/far.py"])
def test_state_changes_with_every_source_that_a_module_is_made_from(changed: str, tmp_path: Path) -> None:
    """
    A constant or a kernel that a module uses, through whichever imports, makes what was compiled a thing of the past.
    """
    write_sources(tmp_path)
    before = state_of("ours.kernels", tmp_path)
    (tmp_path / changed).write_text((tmp_path / changed).read_text() + "B = 3\n")

    assert state_of("ours.kernels", tmp_path) != before


@pytest.mark.parametrize("changed", ["ours/__init__.py", "ours/other.py"])
def test_state_stays_where_others_change(changed: str, tmp_path: Path) -> None:
    """
    What a module doesn't use is no reason to compile it anew.
    """
    write_sources(tmp_path)
    before = state_of("ours.kernels", tmp_path)
    (tmp_path / changed).write_text("B = 3\n")

    assert state_of("ours.kernels", tmp_path) == before


def write_sources(root: Path) -> None:
    """A module of kernels with what it uses: by name, by module, by package, and beyond those."""
    (root / "ours/deep").mkdir(parents=True)
    sources = {
        "__init__.py": "from ours.other import C\n",
        "kernels.py": "import numpy\nfrom ours import constants\nfrom ours.deep import D\n",
        "constants.py": "A = 1\n",
        "deep/__init__.py": "import ours.far\nD = 1\n",
        "far.py": "",
        "other.py": "C = 1\n",
    }
    for name, text in sources.items():
        (root / "ours" / name).write_text(text)


def test_kernels_are_made_from_their_constants() -> None:
    """
    What a kernel takes from other rooms of ours is among its sources; what only calls it isn't.
    """
    sources = {str(path.relative_to(ROOT)) for path in made_from(kernels_fold.__name__, ROOT)}

    assert {"core/engine/kernels_fold.py", "core/engine/records.py", "core/model/columns.py"} <= sources
    assert "core/engine/engine.py" not in sources


@pytest.fixture
def cache_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's cache folder that nobody has used before."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_folder_is_the_users_own(cache_home: Path) -> None:
    """
    It stands in the user's cache folder, under the module and its state, and is closed to others.
    """
    folder = own_folder.__wrapped__(MODULE)

    assert folder == cache_home / "tallyport" / "compiled" / MODULE / state_of(MODULE, ROOT)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert own_folder.__wrapped__(MODULE) == folder


@pytest.mark.usefixtures("cache_home")
def test_folder_that_others_may_write_to_is_not_used() -> None:
    """
    What is loaded is run: a folder that somebody else can put a file into is none.
    """
    folder = own_folder.__wrapped__(MODULE)
    assert folder is not None
    folder.chmod(0o770)

    assert own_folder.__wrapped__(MODULE) is None


def test_folder_where_there_can_be_none(cache_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A cache folder that can't be made is no error.
    """
    (cache_home / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_home / "file"))

    assert own_folder.__wrapped__(MODULE) is None


def test_folders_of_old_states_are_let_go(cache_home: Path) -> None:
    """
    The newest few stay, so that two versions side by side don't push each other out.
    """
    for age in range(1, FOLDERS_MAX + 3):
        old = cache_home / "tallyport" / "compiled" / MODULE / f"state-{age}"
        old.mkdir(parents=True)
        os.utime(old, (1e9 - age, 1e9 - age))

    folder = own_folder.__wrapped__(MODULE)

    assert folder is not None
    left = {path.name for path in folder.parent.iterdir()}
    assert left == {folder.name} | {f"state-{age}" for age in range(1, FOLDERS_MAX)}


@pytest.fixture(scope="module")
def second_start() -> Any:  # noqa: ANN401 - JSON
    """What a process says of its kernels that has warmed up after another one did."""
    for _ in range(2):
        said = subprocess.run(  # noqa: S603 - the command is ours
            [sys.executable, "-W", "error", "-c", KEPT_OF_ALL_KERNELS], capture_output=True, check=True, text=True
        )
    return json.loads(said.stdout)


def test_second_start_compiles_nothing(second_start: Any) -> None:  # noqa: ANN401 - as above
    """
    Once a process has warmed up, another one finds every kernel.
    """
    assert sum(second_start["counts"][0::2]) > 0
    assert sum(second_start["counts"][1::2]) == 0


def test_warm_engine_has_every_kernel_that_it_calls(second_start: Any) -> None:  # noqa: ANN401 - as above
    """
    Whatever Python code of the engine calls is compiled by then: no read, no silence and no way out waits for it.
    """
    assert second_start["cold"] == []
