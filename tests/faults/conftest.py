"""The servers that the fault runs of one test session share."""

from collections.abc import Iterator

import pytest

from tests.faults.stage import House
from tests.servers import remove, temporary_folder


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """Durable servers of their own, for they are killed and frozen."""
    folder = temporary_folder()
    house = House(folder)
    try:
        yield house
    finally:
        house.close()
        remove(folder)
