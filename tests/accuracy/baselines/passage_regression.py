"""
Logistic regression on a visit's features (as Keller, Ma and Alfian did with theirs): static, milling or through.

The direction is a second regression, learnt from the runs that went through.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.site import Site
from tallyport.score.truth import DIRECTIONS, VERDICTS, Passage
from tests.accuracy.baselines.histograms import Floats
from tests.accuracy.baselines.passages import features, visits
from tests.accuracy.recording import Read, Recording

STEPS: Final = 600
PACE: Final = 0.5
DECAY: Final = 0.01
"""How strongly weights are pulled to zero."""

Judge = Callable[[Sequence[Read], Site], list[Passage]]


@dataclass(frozen=True, slots=True)
class Regression:
    """Weights of standardised features; float64[F + 1, C]."""

    mean: Floats
    scale: Floats
    weights: Floats

    def classes(self, rows: Floats) -> list[int]:
        """Choose the likeliest class of each row, float64[n, F]."""
        return [int(best) for best in (_with_one((rows - self.mean) / self.scale) @ self.weights).argmax(axis=1)]


def fit(rows: Floats, classes: Sequence[int], count: int) -> Regression:
    """Fit by gradient descent, each class weighing the same; rows float64[n, F]."""
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-6)
    known = _with_one((rows - mean) / scale)
    truth = np.eye(count)[np.array(classes)]
    share = truth / np.maximum(truth.sum(axis=0), 1.0)
    weigh = share.sum(axis=1, keepdims=True) / count
    weights = np.zeros((known.shape[1], count))
    for _ in range(STEPS):
        odds = np.exp(known @ weights - (known @ weights).max(axis=1, keepdims=True))
        chance = odds / odds.sum(axis=1, keepdims=True)
        weights -= PACE * (known.T @ (weigh * (chance - truth)) + DECAY * weights)
    return Regression(mean, scale, weights)


def passage_regression(training: Recording) -> Judge:
    """Learn verdict and direction from labelled runs."""
    seen = visits(training.reads, training.site)
    labelled = [(features(visit, training.site), _label(visit.epc, visit.reads, training)) for visit in seen]
    known = [(row, label) for row, label in labelled if label is not None]
    verdicts = fit(np.array([row for row, _ in known]), [VERDICTS.index(label[0]) for _, label in known], len(VERDICTS))
    gone = [(row, label[1]) for row, label in known if label[0] == "through"]
    ways = fit(np.array([row for row, _ in gone]), [DIRECTIONS.index(way) for _, way in gone], len(DIRECTIONS))

    def judge(reads: Sequence[Read], site: Site) -> list[Passage]:
        seen = list(visits(reads, site))
        rows = np.array([features(visit, site) for visit in seen])
        return [
            visit.said(VERDICTS[verdict], DIRECTIONS[way])
            for visit, verdict, way in zip(seen, verdicts.classes(rows), ways.classes(rows), strict=True)
        ]

    return judge


def _label(epc: str, reads: Sequence[Read], training: Recording) -> tuple[str, str] | None:
    """Look up the verdict and direction of the run that holds the visit's middle."""
    middle = (reads[0].at_s + reads[-1].at_s) / 2
    for place in training.truth:
        if place.epc == epc and place.from_s <= middle <= place.to_s and place.verdict:
            return place.verdict, place.direction or "none"
    return None


def _with_one(rows: Floats) -> Floats:
    return np.hstack((rows, np.ones((len(rows), 1))))
