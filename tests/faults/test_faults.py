"""
A few faults of the matrix on every change: nothing that a broker acknowledged is lost, doubled or put elsewhere.
"""

import pytest

from tests.faults.matrix import fault_of
from tests.faults.runs import run
from tests.faults.stage import House

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("fault_id", ["F02", "F20", "F22"])
def test_fault_loses_doubles_and_misplaces_nothing(fault_id: str, house: House) -> None:
    """
    What is owed is stored once, tags are where the model has them, alerts are told once, and a fresh event flows.
    """
    verdict = run(fault_of(fault_id), 1, house)

    assert verdict.wrong() == []
    assert verdict.obligations > 500
