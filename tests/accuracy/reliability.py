"""Whether what is said with a confidence of 0.8 is right four times out of five: by time, in bins of confidence."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from typing import Final, NamedTuple

from tallyport.score import Published, Stay
from tallyport.score.truth import joined
from tallyport.score.zones import SETTLING_S, by_epc

EDGES: Final = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)


class Held(NamedTuple):
    """Seconds for which a zone was said with this confidence, and whether it was the right one."""

    seconds: float
    confidence: float
    right: bool


class Reliability(NamedTuple):
    """
    Expected calibration error, the mean of what was said, the share that was right, and per bin the share of right.

    All weighed by time. The error is the mean distance, over the bins, of what was said from how often it was right
    (Naeini, Cooper and Hauskrecht 2015).
    """

    error: float
    said: float
    right: float
    bins: tuple[float | None, ...]


def reliability(truth: Iterable[Stay], published: Iterable[Published]) -> Reliability:
    """Hold the confidence of what was said against the true stays, from 2 s after each true change on."""
    held = list(_held(joined(truth), published))
    total = sum(word.seconds for word in held)
    bins = [[word for word in held if low <= word.confidence < high] for low, high in pairwise((*EDGES[:-1], inf))]
    return Reliability(
        error=sum(abs(_said(words) - _right(words)) for words in bins) / total,
        said=_said(held) / total,
        right=_right(held) / total,
        bins=tuple(_right(words) / sum(w.seconds for w in words) if words else None for words in bins),
    )


def _held(stays: Iterable[Stay], published: Iterable[Published]) -> Iterable[Held]:
    words = by_epc(published)
    for stay in stays:
        said = words.get(stay.epc, [])
        start = stay.from_s + SETTLING_S
        first = max(bisect_right(said, start, key=lambda word: word.at_s) - 1, 0)
        for i, word in enumerate(said[first:], first):
            until = said[i + 1].at_s if i + 1 < len(said) else inf
            seconds = min(until, stay.to_s) - max(word.at_s, start)
            if seconds > 0 and word.zone and word.confidence is not None:
                yield Held(seconds, word.confidence, word.zone == stay.zone)


def _said(words: Sequence[Held]) -> float:
    return sum(word.seconds * word.confidence for word in words)


def _right(words: Sequence[Held]) -> float:
    return sum(word.seconds for word in words if word.right)
