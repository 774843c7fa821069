"""What happened at the door: a tag that stands there, one carried about inside, one carried through."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tallyport.score.passages import score_passages
from tallyport.score.truth import Passage, Truth
from tests.accuracy import ours
from tests.accuracy.baselines.passage_regression import Judge, passage_regression
from tests.accuracy.baselines.passages import all_out, loud_out
from tests.accuracy.recording import Recording
from tests.accuracy.recordings.simulated import simulated
from tests.accuracy.report import OURS, Figures, Table

NAME: Final = "doors"
ROOMS: Final = (1, 2, 3)
TRAINING_SEED, TEST_SEED = 101, 202
METHODS: Final[Mapping[str, Callable[[Recording], Judge]]] = {
    "all that is read goes out": lambda _training: all_out,
    "what is read loudly goes out": lambda _training: loud_out,
    "logistic regression": passage_regression,
    f"{OURS}, floor plan only": lambda _training: ours.passages(None),
    f"{OURS}, calibrated": ours.passages,
}


def run() -> Table:
    """Judge the runs of one recording with what the runs of another taught."""
    scores: dict[str, list[dict[str, Any]]] = {method: [] for method in METHODS}
    for room in ROOMS:
        training, test = (simulated("door-runs", seed, "--room", str(room)) for seed in (TRAINING_SEED, TEST_SEED))
        for method, learn in METHODS.items():
            scores[method].append(score_passages(truth_of(test), learn(training)(test.reads, test.site)))
    return Table(
        name=NAME,
        title="What happened at the door",
        data="simulated: `firmware_sim record --scenario door-runs --room N`, rooms 1 to 3: in each 64 runs static, "
        "175 milling about inside, 64 through, 6 to 14 s long, each with a tag of its own",
        split=f"for each room, learns from the runs of seed {TRAINING_SEED} and is tried on those of seed {TEST_SEED}",
        judged="mean recall of the three verdicts, F1 of `through`, share of right directions of what went through, "
        "`through` told of nothing; means over the rooms, the last summed",
        bar="on real runs of this kind: 0.937 right of three verdicts, F1 of `through` 0.870, direction 0.969",
        rows={method: _figures(found) for method, found in scores.items()},
    )


def truth_of(recording: Recording) -> Truth:
    """Give the truth's passages to the judge."""
    passages = tuple(
        Passage(
            epc=place.epc,
            door=place.door,
            from_s=place.from_s,
            to_s=place.to_s,
            verdict=place.verdict,
            direction=place.direction or "none",
        )
        for place in recording.truth
        if place.verdict
    )
    end_s = max(place.to_s for place in recording.truth)
    return Truth(stays=tuple(recording.stays()), spots=(), passages=passages, tells_passages=True, end_s=end_s)


def _figures(scores: Sequence[dict[str, Any]]) -> Figures:
    def mean(name: str) -> float | None:
        found = [score[name] for score in scores if score[name] is not None]
        return sum(found) / len(found) if found else None

    return {
        "three verdicts": mean("macro_accuracy"),
        "through F1": mean("through_f1"),
        "direction": mean("direction_accuracy"),
        "false through": sum(score["false_through"] or 0 for score in scores),
        "runs": sum(score["n"] for score in scores),
    }
