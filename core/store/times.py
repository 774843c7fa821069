"""
Microseconds become the database's timestamps here, and come back.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
POSTGRES_EPOCH_US: Final = 946_684_800_000_000
"""2000-01-01, from which PostgreSQL counts, in microseconds since 1970."""
RANGE_US: Final = 30 * 86_400_000_000
"""
How far from a step's stream time an event time may lie. The line keeps wild clocks out; this keeps one that slips
through from making chunks without end. It is wide because stream time stands still while a backlog is caught up.
"""
_MICROSECOND: Final = timedelta(microseconds=1)


def timestamp(us: int) -> datetime:
    """The moment as the driver takes it."""
    return EPOCH + timedelta(microseconds=us)


def microseconds(moment: datetime) -> int:
    """The moment as the rest of the program takes it."""
    return (moment - EPOCH) // _MICROSECOND


def near(us: int, stream_us: int) -> int:
    """The event time, or the nearest one that is not wild as seen from the stream's time."""
    return min(max(us, stream_us - RANGE_US), stream_us + RANGE_US)
