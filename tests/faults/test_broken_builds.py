"""
Builds that are broken on purpose fail the judge; if one passed, the matrix would prove nothing.
"""

from dataclasses import replace

import pytest

from tests.faults.matrix import fault_of
from tests.faults.of_ingest import wrapped
from tests.faults.runs import run
from tests.faults.stage import House

pytestmark = pytest.mark.slow

BROKEN = {
    "ack_early": ("F01s", "lost"),
    "stale_ack": ("F13", "lost"),
    "store_twice": ("F22", "duplicated"),
    "drop_when_full": ("F07", "lost"),
}
"""What is broken, the fault that shows it, and what the judge counts."""


@pytest.mark.parametrize("build", BROKEN)
def test_broken_build_fails_the_judge(build: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A line that acknowledges early or by number alone, stores twice, or drops what does not fit is caught.
    """
    monkeypatch.setattr("tests.faults.stage.STORED_S_MAX", 5.0)
    fault_id, counted = BROKEN[build]
    verdict = run(replace(fault_of(fault_id), cls="A", module=wrapped(build)), 1, house)

    assert getattr(verdict, counted) > 0
    assert verdict.wrong() != []
