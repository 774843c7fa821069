"""One measured figure, and how it is measured."""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

State = TypeVar("State")

RUNS: Final = 5
ROUNDS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    A rate (higher is better) with those of peers, and the limit that nobody on this machine can pass.

    All were measured in the same run: on shared machines only their ratios mean something.
    """

    name: str
    ours: float
    unit: str
    peers: Mapping[str, float] = field(default_factory=dict)
    limit: float | None = None
    lost: int = 0
    setting: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The figure under the names that `tallyport bench --json` prints."""
        return {
            "name": self.name,
            "ours": round(self.ours, 1),
            "unit": self.unit,
            "peers": {name: round(rate, 1) for name, rate in self.peers.items()},
            "limit": None if self.limit is None else round(self.limit, 1),
            "ratio_to_limit": None if not self.limit else round(self.ours / self.limit, 4),
            "lost": self.lost,
            "setting": dict(self.setting),
        }


def rate(work: Callable[[], object], items: int, runs: int = RUNS) -> float:
    """Items a second in the best of some runs, after one that is not counted; the collector rests meanwhile."""
    return rate_from(lambda: None, lambda _: work(), items, runs)


def rates(works: Mapping[str, Callable[[], object]], items: int, rounds: int = ROUNDS) -> dict[str, float]:
    """Items a second of several works, each in the best of some rounds; they take turns, so that they meet one pace."""
    each = [{name: rate(work, items, 1) for name, work in works.items()} for _ in range(rounds)]
    return {name: max(found[name] for found in each) for name in works}


def rate_from(prepare: Callable[[], State], work: Callable[[State], object], items: int, runs: int = RUNS) -> float:
    """
    Measure work that changes what it works on: each run is prepared anew, and only the work is timed.

    It is timed by this thread's share of the processor, not by the clock: others use the machine too.
    """
    work(prepare())
    best = float("inf")
    for _ in range(runs):
        state = prepare()
        gc.disable()
        try:
            started = time.thread_time()
            work(state)
            best = min(best, time.thread_time() - started)
        finally:
            gc.enable()
    return items / best
