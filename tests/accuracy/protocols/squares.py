"""Which of four squares: a tag carried about where all four antennas hear it, in another square at each joint."""

from collections.abc import Mapping, Sequence
from typing import Final

from tallyport.score import ZoneScore, score_zones
from tests.accuracy.baselines.histogram_hmm import Belief, histogram_hmm
from tests.accuracy.decisions import Learn
from tests.accuracy.methods import ZONES
from tests.accuracy.recordings.simulated import simulated
from tests.accuracy.report import Figures, Table

NAME: Final = "squares"
ROOMS: Final = (1, 2, 3)
TRAINING_SEED, TEST_SEED = 101, 202
METHODS: Final[Mapping[str, Learn]] = {
    **ZONES,
    "histogram HMM, alpha 0.5, rate 1/20": histogram_hmm(Belief(alpha=0.5, leave_rate=1.0 / 20.0)),
}
BARS: Final = {
    30: "on the real room of which this is the likeness: last antenna 0.287 (97,087 changes), EMA strongest 0.602 "
    "(3,766), EdgeX 0.656 (350) and 0.649 (254), HMM alpha 1 0.653 (2,428), alpha 0.25 0.719 (938), sure 0.703 (204), "
    "of 178 true changes",
    10: "on the real room: EdgeX 0.507 (170 changes), HMM alpha 0.5, rate 1/20 0.656 (831)",
}


def run(piece_s: int) -> Table:
    """Place the test recording of each room with what its other recording taught."""
    scores: dict[str, list[ZoneScore]] = {method: [] for method in METHODS}
    for room in ROOMS:
        options = ("--room", str(room), "--piece", str(piece_s))
        training, test = (simulated("quadrants", seed, *options) for seed in (TRAINING_SEED, TEST_SEED))
        for method, learn in METHODS.items():
            scores[method].append(score_zones(test.stays(), learn(training)(test.reads, test.site)))
    rooms = ", ".join(map(str, ROOMS))
    return Table(
        name=f"{NAME}-{piece_s}",
        title=f"Which of four squares, in pieces of {piece_s} s",
        data=f"simulated: `firmware_sim record --scenario quadrants --room N --piece {piece_s}`, rooms {rooms}",
        split=f"for each room, learns from seed {TRAINING_SEED} and is tried on seed {TEST_SEED}",
        judged="by time, from 2 s after each true change; mean over the rooms, changes summed, slowest delay",
        bar=BARS[piece_s],
        rows={method: figures_of(found) for method, found in scores.items()},
    )


def figures_of(scores: Sequence[ZoneScore]) -> Figures:
    """Give one method's row from its score in each room."""
    return {
        "after 2 s": sum(score.settled_accuracy for score in scores) / len(scores),
        "all time": sum(score.zone_accuracy for score in scores) / len(scores),
        "changes": sum(score.changes for score in scores),
        "true": sum(score.true_changes for score in scores),
        "delay p50 s": max((score.delay_p50_s for score in scores if score.delay_p50_s is not None), default=None),
        "never right": sum(score.never_right for score in scores),
    }
