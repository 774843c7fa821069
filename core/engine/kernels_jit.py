"""The one way in which a kernel is compiled: at its first call, for the dtypes that it meets, without the GIL."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

from core.engine.compiled import keep, own_folder

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def njit(function: Kernel) -> Kernel:
    """Compile a kernel, or take it as an earlier start compiled it; to its callers it stays what it is written as."""
    made = numba.njit(nogil=True)(function)
    if made is not function:  # NUMBA_DISABLE_JIT leaves functions as they are
        keep(made, function, own_folder())
    return cast("Kernel", made)
