"""Every kernel of the scanner agrees with its naive twin; run twice, compiled and as Python."""

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.wire.records import READ, REFUSED
from tests.comparisons_wire import MODULES, WIRE

CASES = 150
SAID = [name for name in READ.names or () if name != "reserved"]


@pytest.mark.parametrize("kernel", WIRE, ids=lambda kernel: kernel.__name__)
def test_kernel_of_the_scanner_agrees_with_its_naive_twin(kernel: Callable[..., Any]) -> None:
    """
    A kernel finds the same end and the same value, and fills in the same read; and it refuses the same texts.
    """
    slow, make = WIRE[kernel]
    for seed in range(CASES):
        args = make(np.random.default_rng(seed))
        slow_args, fast_args = copy.deepcopy(args), copy.deepcopy(args)
        expected, actual = slow(*slow_args), kernel(*fast_args)

        assert ends(expected) == ends(actual), f"seed {seed}: {text_of(args)}"
        if refused(expected):
            continue
        assert np.array_equal(np.array(expected), np.array(actual)), f"seed {seed}: {text_of(args)}"
        for one, other in zip(slow_args, fast_args, strict=True):
            assert filled(one) == filled(other), f"seed {seed}: {text_of(args)}"


def test_every_kernel_of_the_scanner_stands_in_the_table() -> None:
    """
    A kernel without a naive twin fails here.
    """
    kernels = {
        name
        for module in MODULES
        for name, value in vars(module).items()
        if callable(value)
        and not name.startswith("_")
        and getattr(value, "__module__", "") == module.__name__
        and not inspect.isclass(value)
    }

    assert kernels == {kernel.__name__ for kernel in WIRE}


def ends(found: Any) -> Any:
    """Where a text ends, which comes last of what a kernel gives back."""
    return found[-1] if isinstance(found, tuple) else found


def refused(found: Any) -> bool:
    """Whether the text was refused; what is filled in by then doesn't matter."""
    return found is not None and bool(ends(found) == REFUSED)


def filled(arg: Any) -> Any:
    """What stands in reads, to the bit."""
    if getattr(arg, "dtype", None) != READ:
        return None
    return [np.array(arg[name]).tobytes() for name in SAID]


def text_of(args: tuple[Any, ...]) -> str:
    """The text that they were tried on."""
    return repr(args[0].tobytes().rstrip(b"\0")) if getattr(args[0], "dtype", None) == np.uint8 else ""
