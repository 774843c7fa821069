"""
The budgets of the house: how long, how wide and how deep code may get, and what may stand nowhere in the repository.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent.parent
ROOMS: Final = ("core", "ingest", "api", "firmware_sim", "tallyport")
FILE_LINES_MAX: Final = 300
MEDIAN_LINES_MAX: Final = 150
FUNCTION_LINES_MAX: Final = 40
FUNCTION_LINES_TYPICAL: Final = 25
TYPICAL_SHARE_MIN: Final = 0.9
PARAMETERS_MAX: Final = 6
KERNEL_PARAMETERS_MAX: Final = 8
NESTING_MAX: Final = 3
KERNEL_FILES: Final = re.compile(r"core/((engine|wire)/kernels\w*|epc\w*)\.py")
INTERFACE: Final = re.compile(r"(\w*router|\w*app)\.(get|post|put|delete|command)\b")
BLOCKS: Final = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
# Put together here, so that this file doesn't hold what it forbids.
REGISTRY_HOSTS: Final = (
    "pypi" + ".org",
    "files.pythonhosted" + ".org",
    "registry.npmjs" + ".org",
    "deb.debian" + ".org",
)

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Function:
    """One function of ours, and where it stands."""

    path: str
    node: FunctionNode

    @property
    def place(self) -> str:
        """File and line, for the message."""
        return f"{self.path}:{self.node.lineno} {self.node.name}"

    @property
    def is_kernel(self) -> bool:
        """Whether numba compiles it."""
        return any("njit" in ast.unparse(decorator) for decorator in self.node.decorator_list)

    @property
    def is_interface(self) -> bool:
        """Whether its parameters are a user's words: query parameters of a route, options of a command."""
        routed = any(INTERFACE.match(ast.unparse(decorator)) for decorator in self.node.decorator_list)
        return routed or "typer." in ast.unparse(self.node.args)

    @property
    def lines(self) -> int:
        """Its length without decorators and docstring."""
        assert self.node.end_lineno is not None
        length = self.node.end_lineno - self.node.lineno + 1
        first = self.node.body[0]
        if ast.get_docstring(self.node) is not None:
            assert first.end_lineno is not None
            length -= first.end_lineno - first.lineno + 1
        return length

    @property
    def parameters(self) -> int:
        """How many arguments a caller thinks of; self and cls aren't any."""
        arguments = self.node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        return len([one for one in named if one.arg not in {"self", "cls"}])


def sources() -> list[Path]:
    """The Python files of the rooms."""
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "node_modules" not in path.parts]


def tree(path: Path) -> ast.Module:
    """The file's syntax."""
    return ast.parse(path.read_text("utf-8"))


def name(path: Path) -> str:
    """The file's name in messages."""
    return path.relative_to(ROOT).as_posix()


def functions() -> list[Function]:
    """Every function and method of the rooms."""
    return [
        Function(name(path), node)
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, FunctionNode)
    ]


def depth(node: ast.AST, level: int = 0) -> int:
    """How many blocks stand inside each other; an elif stands beside its if, and an inner function begins anew."""
    deepest = level
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        inside = isinstance(child, BLOCKS) and not is_elif
        deepest = max(deepest, depth(child, level + inside))
    return deepest


def committed() -> list[Path]:
    """Every text file that git keeps."""
    said = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S607
    return [ROOT / one for one in said.stdout.split("\0") if one and (ROOT / one).is_file()]


def texts(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """The files that are text, with it."""
    for path in paths:
        try:
            yield path, path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def test_files_are_short() -> None:
    """
    No file is over its budget, and half of them are half as long.
    """
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert {path: length for path, length in lengths.items() if length > FILE_LINES_MAX} == {}
    assert median(lengths.values()) <= MEDIAN_LINES_MAX


def test_functions_are_short() -> None:
    """
    No function is over its budget, and nine in ten are well below.
    """
    found = functions()
    assert [f"{one.place}: {one.lines} lines" for one in found if one.lines > FUNCTION_LINES_MAX] == []
    typical = sum(one.lines <= FUNCTION_LINES_TYPICAL for one in found)
    assert typical / len(found) >= TYPICAL_SHARE_MIN


def test_functions_take_few_parameters() -> None:
    """
    Six parameters, eight for a kernel: more means that something lacks a name. Routes' and commands' are their users'.
    """
    over = [
        f"{one.place}: {one.parameters} parameters"
        for one in functions()
        if not one.is_interface and one.parameters > (KERNEL_PARAMETERS_MAX if one.is_kernel else PARAMETERS_MAX)
    ]
    assert over == []


def test_blocks_are_not_nested_deeply() -> None:
    """
    Three blocks inside each other, and not a fourth.
    """
    assert [f"{one.place}: {depth(one.node)} deep" for one in functions() if depth(one.node) > NESTING_MAX] == []


def test_everything_public_says_what_it_is() -> None:
    """
    Modules, classes and public functions have a docstring.
    """
    silent = [name(path) for path in sources() if path.stat().st_size and ast.get_docstring(tree(path)) is None]
    for path in sources():
        silent += [
            f"{name(path)}:{node.lineno} {node.name}"
            for node in tree(path).body
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ]
    assert silent == []


def test_kernels_stand_in_their_files() -> None:
    """
    Numba compiles functions of the kernel files and of the EPC code, and of no other.
    """
    strays = [one.place for one in functions() if one.is_kernel and not KERNEL_FILES.fullmatch(one.path)]
    assert strays == []


def test_no_room_is_called_utils() -> None:
    """
    A file's name is a noun of the warehouse or of the wire.
    """
    assert [name(path) for path in sources() if path.stem in {"utils", "util", "helpers", "common", "misc"}] == []


def test_lock_files_hold_no_addresses() -> None:
    """
    Where packages come from is the machine's business: the locks name versions and hashes only.
    """
    locks = [path for path in committed() if path.suffix == ".lock" or path.name == "package-lock.json"]
    assert {path.name for path in locks} >= {"requirements.lock", "package-lock.json"}
    with_addresses = [
        f"{name(path)}: {line.strip()}"
        for path, text in texts(locks)
        for line in text.splitlines()
        if re.search(r'"resolved":' if path.suffix == ".json" else r"https?:|file:", line)
    ]
    assert with_addresses == []


@pytest.mark.parametrize("host", REGISTRY_HOSTS)
def test_repository_names_no_registry(host: str) -> None:
    """
    No file names the host of a package registry or mirror.
    """
    assert [name(path) for path, text in texts(committed()) if host in text] == []
