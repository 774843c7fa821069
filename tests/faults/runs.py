"""
A run: warm up, break something, heal it, drain, judge, and see that a fresh event still flows.
"""

import time
from typing import Final

from tests.faults.judge import Verdict
from tests.faults.oracle import ReadId
from tests.faults.stage import Fault, House, Stage, staged

WARM_S: Final = 2.0
RECOVER_S_MAX: Final = 60.0
HOPELESS_S: Final = 3.0
"""Where a run has failed already, the rest of it needn't take long."""
COUNTED_S_MAX: Final = 45.0
"""A number that a reader skipped is given up after half a minute."""
TOLD_S_MAX: Final = 30.0
PLACED_S_MAX: Final = 15.0
FRESH_ROUNDS: Final = 3


def run(fault: Fault, seed: int, house: House) -> Verdict:
    """One run of one fault."""
    with staged(fault, seed, house) as stage:
        stage.service.start()
        stage.watch.start()
        stage.feed.start()  # what is said before anybody ever listened is owed by nobody
        try:
            _warm(stage)
            stage.hurt()
            if not fault.patient:
                stage.world.take_away()
            fault.act(stage)
            _recover(stage)
            _drain(stage)
            stage.judge.judge(stage.verdict, stage.oracle, stage.world)
        finally:
            stage.watch.stop()
            stage.service.thaw()
        _look(stage)
        stage.service.stop()
        return stage.verdict


def _warm(stage: Stage) -> None:
    """Let every tag be placed before anything breaks."""
    time.sleep(WARM_S)
    stage.until(lambda: len(stage.judge.places()) == stage.world.tags, PLACED_S_MAX)


def _recover(stage: Stage) -> None:
    """Wait until all that is owed by now is stored, and measure how long that takes."""
    healed_s = time.monotonic()
    outstanding = _wait_stored(stage, stage.oracle.obligations())
    if not outstanding:
        stage.verdict.t_recover_s = round(time.monotonic() - healed_s, 2)
    elif stage.verdict.cls == "A":
        stage.patience_s = HOPELESS_S


def _wait_stored(stage: Stage, owed: set[ReadId]) -> set[ReadId]:
    """Wait as long as something still comes; what never came."""
    ends, moved_s = time.monotonic() + RECOVER_S_MAX, time.monotonic()
    outstanding = stage.judge.outstanding(owed)
    while outstanding and time.monotonic() < min(ends, moved_s + stage.patience_s):
        time.sleep(0.2)
        still = stage.judge.outstanding(owed)
        if len(still) < len(outstanding):
            moved_s = time.monotonic()
        outstanding = still
    return outstanding


def _drain(stage: Stage) -> None:
    """Let everything come to rest, and then something fresh flow through."""
    stage.until(lambda: stage.world.alerts <= stage.judge.alerts(), min(TOLD_S_MAX, 2 * stage.patience_s))
    lost = _wait_stored(stage, stage.oracle.obligations())
    if (
        lost and stage.verdict.cls == "B"
    ):  # they are counted when the next message of their reader shows that they will not come
        stage.until(lambda: stage.judge.ledger().gaps >= len(lost), COUNTED_S_MAX)
    stage.world.stand_still()
    stage.feed.stop()
    fresh: set[ReadId] = set()
    for _ in range(FRESH_ROUNDS):
        time.sleep(0.35)
        fresh |= stage.feed.read_all()
    stage.verdict.flows = not _wait_stored(stage, fresh)
    _wait_stored(stage, stage.oracle.obligations() - lost)
    stage.until(lambda: not stage.judge.misplaced(stage.world), PLACED_S_MAX)


def _look(stage: Stage) -> None:
    """What was seen from outside meanwhile."""
    verdict, watch = stage.verdict, stage.watch
    if watch.trouble_s is not None:
        verdict.t_detect_s = round(watch.trouble_s - stage.hurt_s, 2)
    verdict.rss_max_mb = round(watch.rss_max_mb)
    verdict.in_flight_max, verdict.spooled_max = watch.in_flight_max, watch.spooled_max
