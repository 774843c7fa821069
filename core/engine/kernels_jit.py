"""The one way in which a kernel is compiled: at its first call, for the dtypes that it meets, without the GIL."""

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba

from core.engine.compiled import keep, own_folder

UNCOUNTED: Final[dict[str, Any]] = {"_nrt": False}
"""Numba's switch for code that owns no memory: it refuses a kernel that would make an array."""

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def njit(function: Kernel) -> Kernel:
    """
    Compile a kernel, or take it as an earlier start compiled it; to its callers it stays what it is written as.

    Kernels make no arrays, so nobody counts who holds one: counting costs several times what the arithmetic does.
    """
    return _kept(numba.njit(nogil=True, **UNCOUNTED)(function), function)


def njit_roomy(function: Kernel) -> Kernel:
    """Compile a kernel that makes small arrays on its way; those on the path of every read don't."""
    return _kept(numba.njit(nogil=True)(function), function)


def njit_inlined(function: Kernel) -> Kernel:
    """Compile a kernel into each of its callers: for those that do less than handing over their arguments takes."""
    return _kept(numba.njit(nogil=True, forceinline=True, **UNCOUNTED)(function), function)


def _kept(made: Any, function: Kernel) -> Kernel:  # noqa: ANN401 - numba has no types
    if made is not function:  # NUMBA_DISABLE_JIT leaves functions as they are
        keep(made, function, own_folder(function.__module__))
    return cast("Kernel", made)
