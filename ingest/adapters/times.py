"""
Time stamps as readers write them become microseconds UTC here.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from ingest.adapters.decoded import BadMessage

_ISO: Final = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)? ?(?:[Zz]|([+-])(\d\d):?(\d\d)?)?", re.ASCII
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_MAX: Final = 60  # a leap second is legal
_US: Final = 1_000_000


def iso_us(text: str) -> int:
    """
    Read an ISO 8601 time, with any of `Z`, `+0000`, `+00:00`, `+00` or nothing (UTC) behind it, as microseconds UTC.

    Digits past the microsecond are cut off. Raises ValueError with what is wrong.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not an ISO 8601 time")
    minute, second, fraction, sign, hours, minutes = match.groups()
    at = _minute_us(minute)
    if second is not None:
        if int(second) > _SECONDS_MAX:
            raise ValueError(f"{text[:40]!r} has more than {_SECONDS_MAX} seconds")
        at += int(second) * _US
    if fraction is not None:
        at += int(fraction[:6].ljust(6, "0"))
    if sign is not None:
        offset = (int(hours) * 60 + int(minutes or 0)) * 60 * _US
        at += offset if sign == "-" else -offset
    return at


def time_us(text: str, place: str) -> int:
    """Read an ISO 8601 time as iso_us does; what is wrong comes out as BadMessage with the place."""
    try:
        return iso_us(text)
    except ValueError as exc:
        raise BadMessage(f"{place.lstrip('.')}: {exc}") from exc


# Reads of one minute share all that is dear: 1.0 us a time stamp against 3.4 us with datetime.fromisoformat
# (tests/unit/test_adapter_times.py holds the two equal).
@lru_cache(maxsize=256)
def _minute_us(text: str) -> int:
    try:
        at = datetime.fromisoformat(text.upper() + "+00:00")
    except ValueError as exc:
        raise ValueError(f"{text!r} is not a day and a time: {exc}") from None
    return int((at - _EPOCH).total_seconds()) * _US
