"""Every kernel of the doors agrees with its naive twin."""

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.comparisons_passage import MODULES, PASSAGES
from tests.unit.test_kernels import assert_alike

CASES = 8


@pytest.mark.parametrize("kernel", PASSAGES, ids=lambda kernel: kernel.__name__)
def test_kernel_of_the_doors_agrees_with_its_naive_twin(kernel: Callable[..., Any]) -> None:
    """
    A kernel gives back, and leaves behind, what its naive twin does.
    """
    slow, make, room = PASSAGES[kernel]
    for seed in range(CASES):
        args = make(np.random.default_rng(seed))
        slow_args, fast_args = copy.deepcopy(args), copy.deepcopy(args)
        assert_alike(slow(*slow_args), kernel(*fast_args), f"seed {seed}: what it gives back")
        for i, (expected, actual) in enumerate(zip(slow_args, fast_args, strict=True)):
            if i not in room:
                assert_alike(expected, actual, f"seed {seed}: argument {i}")


def test_every_kernel_of_the_doors_stands_in_the_table() -> None:
    """
    A kernel without a naive twin fails here.
    """
    kernels = {
        name
        for module in MODULES
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__ and not inspect.isclass(value)
    }

    assert kernels == {kernel.__name__ for kernel in PASSAGES}
