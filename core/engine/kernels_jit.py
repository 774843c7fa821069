"""The one way in which a kernel is compiled: at its first call, for the dtypes that it meets, without the GIL."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def njit(function: Kernel) -> Kernel:
    """Compile a kernel; to its callers it stays the function that it is written as."""
    return cast("Kernel", numba.njit(nogil=True)(function))
