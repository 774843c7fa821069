"""The hard scenarios of the simulator one by one: how right each method stays when things go wrong."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from firmware_sim.scenarios import SCENARIOS
from tallyport.score import Published, score_zones
from tallyport.score.passages import score_passages
from tallyport.score.truth import Passage
from tests.accuracy import ours
from tests.accuracy.baselines.passages import all_out
from tests.accuracy.decisions import Learn
from tests.accuracy.methods import BY_PLAN, LEARNING
from tests.accuracy.protocols.doors import truth_of
from tests.accuracy.protocols.warehouse import ALPHA, SEED, SIZE, TAGS, movers, walk_test
from tests.accuracy.recording import Recording
from tests.accuracy.recordings.simulated import simulated
from tests.accuracy.report import Figures, Table

NAME: Final = "hard"
SECONDS: Final = 60
METHODS: Final[Mapping[str, Learn]] = {
    **{method: BY_PLAN[method] for method in ("last antenna", "EMA strongest", "EdgeX asset_tracking")},
    ALPHA: LEARNING[ALPHA],
}
OURS_TAUGHT: Final[Mapping[str, bool]] = {"ours, plan": False, "ours, taught": True}
LEFT_OUT: Final = frozenset({"standard", "day", "fast-clock"})
"""What is not hard; and a wrong clock, which a file with one column of times can't tell from a right one."""
HARD: Final = tuple(name for name in SCENARIOS if name not in LEFT_OUT)


_USUAL: Final = SCENARIOS["standard"].layout
OWN_PLAN: Final = frozenset(name for name, scenario in SCENARIOS.items() if scenario.layout != _USUAL)
"""Scenarios in a building of their own, which is walked for itself."""


def run() -> Table:
    """Place the tags of each scenario."""
    return Table(
        name=NAME,
        title="When things go wrong",
        data=f"simulated: `firmware_sim record --scenario SCENARIO --seed {SEED} --tags {TAGS} --for {SECONDS}`",
        split="what learns, learns from the walk test of the same building, in which nothing goes wrong",
        judged="a row is a scenario. Zones of the tags that move, by time, from 2 s after each true change; then "
        "doors: F1 of `through`, right directions, and `through` told of what did nothing there",
        rows={scenario: of_scenario(scenario) for scenario in HARD},
    )


def of_scenario(scenario: str) -> Figures:
    """Give the moving tags' figure of each method, and the doors' of ours and of the simplest portal."""
    test = simulated(scenario, SEED, *SIZE, "--for", str(SECONDS))
    training = walk_test(SEED, scenario if scenario in OWN_PLAN else "standard")
    zones = {method: moving(test, learn(training)(test.reads, test.site)) for method, learn in METHODS.items()}
    doors = at_doors(test, "all out", all_out(test.reads, test.site))
    for method, taught in OURS_TAUGHT.items():
        said = ours.tallyport(training if taught else None)(test.reads, test.site)
        zones[method] = moving(test, said.zones)
        doors |= at_doors(test, method, said.passages)
    return {**zones, **doors}


def moving(test: Recording, words: Iterable[Published]) -> float:
    """Give the share of time at which the zones of moving tags were right."""
    return score_zones(movers(test.stays()), words).settled_accuracy


def at_doors(test: Recording, method: str, passages: Sequence[Passage]) -> dict[str, float | None]:
    """Give what a method made of the doors."""
    score = score_passages(truth_of(test), passages)
    names = {"through_f1": "F1", "direction_accuracy": "direction", "false_through": "false"}
    return {f"{method}: {short}": score[name] for name, short in names.items()}
