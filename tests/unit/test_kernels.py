"""Every kernel agrees with its naive twin; run twice, compiled and (NUMBA_DISABLE_JIT=1, under coverage) as Python."""

import copy
import inspect
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.engine import (
    kernels_belief,
    kernels_dedupe,
    kernels_fold,
    kernels_index,
    kernels_live,
    kernels_narrow,
    kernels_offset,
    kernels_pending,
    kernels_portal,
    kernels_presence,
    kernels_settle,
    kernels_silence,
    kernels_sway,
    kernels_tell,
    kernels_touch,
    kernels_trial,
)
from core.engine.records_belief import Belief
from tests.comparisons import COMPARISONS, Comparison

MODULES = (
    kernels_belief,
    kernels_dedupe,
    kernels_fold,
    kernels_index,
    kernels_live,
    kernels_narrow,
    kernels_offset,
    kernels_pending,
    kernels_portal,
    kernels_presence,
    kernels_settle,
    kernels_silence,
    kernels_sway,
    kernels_tell,
    kernels_touch,
    kernels_trial,
)
CASES = 60
SUMMED = 1e-4 if os.environ.get("NUMBA_DISABLE_JIT") == "1" else 1e-5
"""A logit adds up some eighty looks; only run as Python, what they are measured from keeps float32's rounding."""


@pytest.mark.parametrize("kernel", COMPARISONS, ids=lambda kernel: kernel.__name__)
def test_kernel_agrees_with_its_naive_twin(kernel: Callable[..., Any]) -> None:
    """
    A kernel gives back, and leaves behind, what its naive twin does.
    """
    comparison = COMPARISONS[kernel]
    for seed in range(CASES):
        args = comparison.make(np.random.default_rng(seed))
        # Records are views: the copy must hold data of its own.
        slow_args, fast_args = copy.deepcopy(args), copy.deepcopy(args)
        expected = comparison.slow(*slow_args)
        actual = kernel(*fast_args)

        assert_alike(expected, actual, f"seed {seed}: what it gives back")
        assert_args_alike(slow_args, fast_args, comparison, seed)


def test_every_kernel_stands_in_the_table() -> None:
    """
    A kernel without a naive twin fails here.
    """
    kernels = {
        name
        for module in MODULES
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__ and not inspect.isclass(value)
    }

    assert kernels == {kernel.__name__ for kernel in COMPARISONS}


def assert_args_alike(expected: Any, actual: Any, comparison: Comparison, seed: int) -> None:
    """What both leave behind in their arguments is alike, as far as it is not their own affair."""
    for i, (e, a) in enumerate(zip(expected, actual, strict=True)):
        if i in comparison.unordered:
            assert_alike(np.sort(e, axis=0), np.sort(a, axis=0), f"seed {seed}: argument {i}")
        elif i in comparison.scratch:
            assert_alike(e.at, a.at, f"seed {seed}: argument {i}, at")
        elif i not in comparison.private:
            assert_alike(e, a, f"seed {seed}: argument {i}")


def assert_alike(expected: Any, actual: Any, what: str, within: float = 1e-5) -> None:
    """Two values are alike, field by field."""
    if isinstance(expected, Belief):
        assert_close(expected.place, actual.place, f"{what}, place")
        assert_close(expected.weight, actual.weight, f"{what}, weight", 1.0)
        assert_close(expected.gain, actual.gain, f"{what}, gain", 1.0)
    elif isinstance(expected, tuple):
        for e, a in zip(expected, actual, strict=True):
            assert_alike(e, a, what)
    elif isinstance(expected, np.ndarray | np.void) and expected.dtype.names:
        for name in expected.dtype.names:
            within = SUMMED if name == "logits" else 1e-5
            assert_alike(expected[name], actual[name], f"{what}, {name}", within)
    elif expected is None:
        assert actual is None
    else:
        # Parts of 65535, grains and milliseconds are rounded: two ways to work one out may differ by one.
        assert_close(expected, actual, what, 1.0 if getattr(expected, "dtype", None) == np.uint16 else within)


def assert_close(expected: Any, actual: Any, what: str, within: float = 1e-5) -> None:
    """Two numbers, or two arrays of them, are the same but for what arithmetic loses."""
    np.testing.assert_allclose(actual, expected, rtol=2e-4, atol=within, err_msg=what)
