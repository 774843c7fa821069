"""The servers that the fault runs of one test session share."""

from collections.abc import Iterator

import pytest

from tests.faults.stage import House, house_of


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """Durable servers of their own, for they are killed and frozen."""
    with house_of() as house:
        yield house
