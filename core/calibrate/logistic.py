"""Multinomial logistic regression that starts from known weights and leaves them only as far as the data insist."""

from typing import Final

import numpy as np

from core.engine.records import Floats, Ints

STEPS_MAX: Final = 40
STEP_MIN: Final = 1e-6


def chances(features: Floats, weights: Floats) -> Floats:
    """Chance of each class: float64[n, K] of features float64[n, F] and weights float64[K, F + 1], intercept last."""
    logits = features @ weights[:, :-1].T + weights[:, -1]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    likely: Floats = odds / odds.sum(axis=1, keepdims=True)
    return likely


def fit(features: Floats, label: Ints, start: Floats, ridge: float) -> Floats:
    """
    Fit weights by Newton's steps; each class counts alike, however many examples it has.

    features  float64[n, F]      standardised
    label     int64[n]           0 to K - 1; classes without an example keep their weights' distance to the others
    start     float64[K, F + 1]  the weights that the ridge pulls to
    ridge     float              how strongly
    """
    n, classes = len(features), len(start)
    design = np.column_stack((features, np.ones(n)))
    count = np.bincount(label, minlength=classes)
    share = (n / max(int((count > 0).sum()), 1) / np.maximum(count, 1))[label]
    target = np.eye(classes)[label]
    weights = start.copy()
    for _ in range(STEPS_MAX):
        likely = chances(features, weights)
        slope = (share[:, None] * (likely - target)).T @ design + ridge * (weights - start)
        step = np.linalg.solve(_curvature(design, likely, share, ridge), slope.ravel()).reshape(weights.shape)
        weights -= step
        if np.abs(step).max() < STEP_MIN:
            break
    return weights


def _curvature(design: Floats, likely: Floats, share: Floats, ridge: float) -> Floats:
    """Second derivatives, float64[K (F + 1), K (F + 1)]."""
    classes, size = likely.shape[1], design.shape[1]
    curve = ridge * np.eye(classes * size)
    for i in range(classes):
        for j in range(classes):
            part = share * likely[:, i] * ((i == j) - likely[:, j])
            curve[i * size : (i + 1) * size, j * size : (j + 1) * size] += (design * part[:, None]).T @ design
    return curve
