"""Where everything is in a simulated warehouse: all tags, and those that move."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from tallyport.score import Stay, score_zones
from tests.accuracy import ours
from tests.accuracy.decisions import Placer
from tests.accuracy.methods import BY_PLAN, LEARNING
from tests.accuracy.recording import Recording
from tests.accuracy.recordings.simulated import simulated
from tests.accuracy.report import Figures, Table

NAME: Final = "warehouse"
SEED, OTHER_SEED = 202, 101
"""The seed decides who moves how, and what the building's radio is like."""
SECONDS, TAGS = 120, 2_000
SIZE: Final = ("--tags", str(TAGS))
ALPHA: Final = "histogram HMM, alpha 0.25"


def run() -> Table:
    """Place all tags of an afternoon with what walk tests taught."""
    test = simulated("standard", SEED, *SIZE, "--for", str(SECONDS))
    untaught = Recording(site=test.site, reads=(), truth=())
    rows = {method: judged(test, learn(untaught)) for method, learn in {**BY_PLAN, **ours.BY_PLAN}.items()}
    for where, seed in (("here", SEED), ("elsewhere", OTHER_SEED)):
        training = walk_test(seed)
        for method, learn in {ALPHA: LEARNING[ALPHA], **ours.TAUGHT}.items():
            rows[f"{method} ({where})"] = judged(test, learn(training))
    return Table(
        name=NAME,
        title="Where everything is in a warehouse",
        data=f"simulated: `firmware_sim record --scenario standard --seed {SEED} --tags {TAGS} --for {SECONDS}`: "
        f"{len(test.reads):,} reads",
        split=f"what learns, learns from a walk test (`--walk-test`): `here` in the same building (seed {SEED}), "
        f"`elsewhere` in one with the same plan and other radio (seed {OTHER_SEED})",
        judged="by time, from 2 s after each true change: all tags, and those that change their zone; delay of these",
        rows=rows,
    )


def walk_test(seed: int, scenario: str = "standard") -> Recording:
    """Record reference tags that are carried through every zone."""
    return simulated(scenario, seed, *SIZE, "--walk-test")


def judged(test: Recording, placer: Placer) -> Figures:
    """Give one method's row."""
    words, stays = list(placer(test.reads, test.site)), test.stays()
    every, moving = score_zones(stays, words), score_zones(movers(stays), words)
    return {
        "after 2 s": every.settled_accuracy,
        "moving tags": moving.settled_accuracy,
        "changes": every.changes,
        "true": every.true_changes,
        "delay p50 s": moving.delay_p50_s,
        "delay p95 s": moving.delay_p95_s,
        "never right": every.never_right,
    }


def movers(stays: Sequence[Stay]) -> list[Stay]:
    """Keep the stays of tags that were in more than one zone."""
    zones = Counter(epc for epc, _ in {(stay.epc, stay.zone) for stay in stays})
    return [stay for stay in stays if zones[stay.epc] > 1]
