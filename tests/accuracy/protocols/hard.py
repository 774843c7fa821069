"""The hard scenarios of the simulator one by one: how right each method stays when things go wrong."""

from collections.abc import Mapping
from typing import Final

from firmware_sim.scenarios import SCENARIOS
from tests.accuracy import ours
from tests.accuracy.decisions import Learn
from tests.accuracy.methods import BY_PLAN, LEARNING
from tests.accuracy.protocols.warehouse import ALPHA, SEED, SIZE, TAGS, judged, walk_test
from tests.accuracy.recordings.simulated import simulated
from tests.accuracy.report import Figures, Table

NAME: Final = "hard"
SECONDS: Final = 90
METHODS: Final[Mapping[str, Learn]] = {
    **{method: BY_PLAN[method] for method in ("last antenna", "EMA strongest", "EdgeX asset_tracking")},
    ALPHA: LEARNING[ALPHA],
    **ours.BY_PLAN,
    **ours.TAUGHT,
}


def run() -> Table:
    """Place the tags of each scenario."""
    return Table(
        name=NAME,
        title="When things go wrong",
        data=f"simulated: `firmware_sim record --scenario SCENARIO --seed {SEED} --tags {TAGS} --for {SECONDS}`",
        split="what learns, learns from the walk test of the same building, in which nothing goes wrong",
        judged="by time, from 2 s after each true change, tags that change their zone; a row is a scenario",
        rows={scenario: of_scenario(scenario) for scenario in SCENARIOS},
    )


def of_scenario(scenario: str) -> Figures:
    """Give the moving tags' figure of each method."""
    test = simulated(scenario, SEED, *SIZE, "--for", str(SECONDS))
    training = walk_test(SEED)
    return {method: judged(test, learn(training))["moving tags"] for method, learn in METHODS.items()}
