"""Processes of the measurements, each with a core to itself where there is one, and the numbers that they share."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized, SynchronizedArray
from typing import Final

from core.errors import TallyportError

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


def check(process: BaseProcess) -> None:
    """Raise MeasurementFailed where a process has ended by a mistake; its own words are on stderr."""
    if process.exitcode:
        raise MeasurementFailed(f"a measuring process ended with status {process.exitcode}: its message stands above")
