"""
The driver's errors become ours here, and are told apart: try again, or stop.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from core.errors import SchemaMismatch, StoreUnavailable

PAUSE_S_MAX: Final = 3.0
_PASSING_CLASSES: Final = ("08", "57P")
_PASSING: Final = frozenset({"40001", "40P01", "55P03", "57014", "53300", "53100", "53200", "25006", "25P03"})
"""Serialisation, deadlock, lock and statement time-outs, no room, a standby, a session ended for idling."""
_UNFIT: Final = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedFunction)

UNFIT_DATA: Final = (psycopg.DataError, psycopg.IntegrityError)
"""The value itself is refused, now and always."""


def is_passing(error: BaseException) -> bool:
    """Whether the same transaction may well succeed later."""
    if isinstance(error, TimeoutError | StoreUnavailable):
        return True
    if not isinstance(error, psycopg.Error):
        return False
    state = error.sqlstate
    if state is None:  # the connection broke, or was closed, before the server could say why
        return isinstance(error, psycopg.OperationalError)
    return state in _PASSING or state.startswith(_PASSING_CLASSES)


def pause_s(attempt: int, random: Random) -> float:
    """How long to wait before this attempt: full jitter, so that all who lost the database don't return at once."""
    return random.uniform(0.0, min(PAUSE_S_MAX, 0.05 * 2.0 ** min(attempt, 16)))


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn the driver's errors into ours; the driver's stays as the cause."""
    try:
        yield
    except (PoolTimeout, PoolClosed, TooManyRequests) as exc:
        raise StoreUnavailable(f"no database connection is free: {exc}; try again in a moment") from exc
    except _UNFIT as exc:
        raise SchemaMismatch(f"the database lacks something: {first_line(exc)}; run the migrations") from exc
    except psycopg.Error as exc:
        if is_passing(exc):
            raise StoreUnavailable(f"the database did not answer: {first_line(exc)}") from exc
        raise


def first_line(error: BaseException) -> str:
    """What an error says, without the server's details."""
    return str(error).split("\n", 1)[0]
