"""Whose processor time is counted."""

import pytest

from tallyport.bench import cpu
from tallyport.bench.cpu import TICKS_A_S, _Process, cpu_s


def test_all_that_a_process_started_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Children and theirs count, also where numbers have begun anew and a child's is smaller; others don't.
    """
    processes = [
        _Process(pid=300, parent=31_000, name="grandchild", ticks=4),
        _Process(pid=31_000, parent=32_000, name="child", ticks=2),
        _Process(pid=32_000, parent=1, name="parent", ticks=1),
        _Process(pid=301, parent=1, name="other", ticks=100),
    ]
    monkeypatch.setattr(cpu, "_processes", lambda: iter(processes))

    assert 7 / TICKS_A_S == cpu_s(32_000)
