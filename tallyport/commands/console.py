"""How every command speaks: results on stdout, progress and errors on stderr, exit statuses that scripts rely on."""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from core.errors import BadInput, SiteFileError, TallyportError
from core.settings import Settings

Answer = TypeVar("Answer")

FOUND_WRONG: Final = 1
MISUSE: Final = 2
ACTOR: Final = "command line"
"""Who did what a command did, in the audit."""

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]


def run(task: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a command's work; what a person can put right is one clear message and status 1."""
    with speaking():
        return asyncio.run(task)
    raise AssertionError


@contextmanager
def speaking() -> Iterator[None]:
    """Turn our errors into a message on stderr and an exit status."""
    try:
        yield
    except BaseExceptionGroup as group:
        ours, others = group.split(TallyportError)
        if others is not None or ours is None:
            raise
        for exc in _leaves(ours):
            fail(str(exc))
        raise typer.Exit(FOUND_WRONG) from None
    except BadInput as exc:
        fail(str(exc))
        raise typer.Exit(MISUSE) from None
    except (TallyportError, SiteFileError) as exc:
        fail(str(exc))
        raise typer.Exit(FOUND_WRONG) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def settings() -> Settings:
    """The environment's settings; a bad one is named with what it may be."""
    try:
        return Settings()
    except ValidationError as exc:
        for problem in exc.errors():
            name = "TALLYPORT_" + "_".join(str(part) for part in problem["loc"]).upper()
            fail(f"{name}: {problem['msg']} (it is {problem['input']!r})")
        raise typer.Exit(MISUSE) from None


def fail(message: str) -> None:
    """Say what is wrong."""
    err.print(message, style="red", markup=False)


def say_progress() -> Callable[[str], None]:
    """Progress lines with the seconds since the start."""
    started = time.monotonic()

    def say(line: str) -> None:
        err.print(f"{time.monotonic() - started:6.1f} s  {line}", markup=False)

    return say


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table, or a sentence where there is nothing to show."""
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    if table.row_count:
        out.print(table)
    else:
        out.print(empty, markup=False)


def when(at: datetime) -> str:
    """A moment for people: UTC, to the tenth of a second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{at.microsecond // 100_000}Z"


def _leaves(group: BaseExceptionGroup[TallyportError]) -> Iterator[TallyportError]:
    for exc in group.exceptions:
        if isinstance(exc, BaseExceptionGroup):
            yield from _leaves(exc)
        else:
            yield exc
