"""Time stamps as readers write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.times import iso_us

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=ZONES), st.sampled_from(["%z", "colon"]))
def test_iso_us_is_what_datetime_says(at: datetime, spelling: str) -> None:
    """
    Any time in any zone is read as Python's own parser reads it.
    """
    text = at.isoformat() if spelling == "colon" else at.strftime("%Y-%m-%dT%H:%M:%S.%f%z").rjust(31, "0")
    assert iso_us(text) == (at - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "after_us"),
    [
        ("2026-09-07T12:29:55.456+0000", 55_456_000),
        ("2026-09-07T12:29:55.456Z", 55_456_000),
        ("2026-09-07t12:29:55.456z", 55_456_000),
        ("2026-09-07T12:29:55.456+00:00", 55_456_000),
        ("2026-09-07 12:29:55.456", 55_456_000),
        ("2026-09-07T14:29:55,456+02", 55_456_000),
        ("2026-09-07T10:59:55.456-0130", 55_456_000),
        ("2026-09-07T12:29:55Z", 55_000_000),
        ("2026-09-07T12:29:55.123456789Z", 55_123_456),
        ("2026-09-07T12:29:60Z", 60_000_000),
        ("2026-09-07T12:29Z", 0),
    ],
)
def test_iso_us_spelling(text: str, after_us: int) -> None:
    """
    Each spelling that a vendor uses is read; what names no zone is UTC; what is finer than a microsecond is cut off.
    """
    minute_us = (datetime(2026, 9, 7, 12, 29, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    assert iso_us(text) == minute_us + after_us


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-09-07T25:00:00Z",
        "2026-09-07T12:29:61Z",
        "2026-09-07",
        "07/09/2026 12:22",
        "٢٠٢٦-09-07T12:29:55Z",
        "0000-01-01T00:00:00Z",
    ],
)
def test_iso_us_refuses(text: str) -> None:
    """
    What is no time is refused by name.
    """
    with pytest.raises(ValueError, match="is not an ISO 8601 time"):
        iso_us(text)
