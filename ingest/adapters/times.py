"""
Time stamps as readers write them become microseconds UTC here.
"""

from datetime import UTC, datetime
from typing import Final

from ingest.adapters.decoded import BadMessage

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_US: Final = 1_000_000
_DAY_US: Final = 86_400 * _US
_SHORTEST: Final = len("2026-09-07T12:29")
_LEAP: Final = ":60"


def iso_us(text: str) -> int:
    """
    Read an ISO 8601 time, with any of `Z`, `+0000`, `+00:00`, `+00` or nothing (UTC) behind it, as microseconds UTC.

    Digits past the microsecond are cut off; a leap second is the second after. Raises ValueError with what is wrong.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        if text[16:19] == _LEAP:
            return iso_us(f"{text[:16]}:59{text[19:]}") + _US
        if text.upper() != text:
            return iso_us(text.upper())
        raise ValueError(f"{text[:40]!r} is not an ISO 8601 time") from None
    if len(text) < _SHORTEST:
        raise ValueError(f"{text[:40]!r} is not an ISO 8601 time of day")
    since = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)) - _EPOCH
    return since.days * _DAY_US + since.seconds * _US + since.microseconds


def time_us(text: str, place: str) -> int:
    """Read an ISO 8601 time as iso_us does; what is wrong comes out as BadMessage with the place."""
    try:
        return iso_us(text)
    except ValueError as exc:
        raise BadMessage(f"{place.lstrip('.')}: {exc}") from exc
