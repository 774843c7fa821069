"""Processes of the measurements, each with a core to itself where there is one, and the numbers that they share."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized, SynchronizedArray
from typing import Final

from core.errors import TallyportError

WAIT_S_MAX: Final = 30.0
LOOK_S: Final = 0.001

# Started from one small server process: each would load all of the command again otherwise.
_CONTEXT: Final[ForkServerContext] = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tallyport.bench.load", "tallyport.bench.sockets"])


class MeasurementFailed(TallyportError):
    """A process of a measurement ended or said nothing more, so there is no figure."""


def start(act: Callable[..., None], *told: object) -> BaseProcess:
    """Run a function in a process that ends with us."""
    process = _CONTEXT.Process(target=act, args=told, daemon=True)
    process.start()
    return process


def counter() -> "Synchronized[int]":
    """Give a number that processes share."""
    shared: Synchronized[int] = _CONTEXT.Value("q", 0)
    return shared


def counters(size: int) -> "SynchronizedArray[int]":
    """Give as many numbers that processes share; only one of them may write."""
    shared: SynchronizedArray[int] = _CONTEXT.Array("q", size)
    return shared


@contextmanager
def ended(process: BaseProcess) -> Iterator[BaseProcess]:
    """End a process of the measurement with the block."""
    try:
        yield process
    finally:
        process.terminate()
        process.join()


async def until(condition: Callable[[], object], process: BaseProcess) -> None:
    """Wait for what another process says. Raises MeasurementFailed where it ends, or says nothing for long."""
    deadline = time.monotonic() + WAIT_S_MAX
    while not condition():
        if process.exitcode is not None or time.monotonic() > deadline:
            raise MeasurementFailed("the clients ended or heard nothing more: see the messages above")
        await asyncio.sleep(LOOK_S)


def check(process: BaseProcess) -> None:
    """Raise MeasurementFailed where a process has ended by a mistake; its own words are on stderr."""
    if process.exitcode:
        raise MeasurementFailed(f"a measuring process ended with status {process.exitcode}: its message stands above")
