"""
Bayes with a read rate for each tag, pooled by panel: a miss says more of a tag that is always read.

Each tag's read rate has a Beta prior around its panel's rate, and the panel's around the store's. Misses in a row are
correlated, so each counts only for a part. The log odds that a tag is gone grow with each count that misses it; any
read takes them back. Counted are only rounds up to the tag's last read, so that its absence doesn't lower its rate.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from tests.accuracy.rankers.misses_in_a_row import trailing_misses
from tests.accuracy.rankers.ranking import Ranker
from tests.accuracy.recordings.store import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Beliefs:
    """What is believed before any count."""

    lost_a_count: float = 0.01
    """The chance that a tag goes between two counts."""
    kappa: float = 0.7
    """What a miss in a row is worth: 2.3 nats were measured where independence says 3.2."""
    panel_weight: float = 10.0
    """Reads and misses that a panel's rate is worth to its tags; the store's rate is worth as much to a panel."""
    list_above: float = -1.0
    """Log odds from which a tag is on the list."""


def pooled_bayes(beliefs: Beliefs) -> Ranker:
    """List the tags by their log odds of being gone."""

    def rank(counts: Sequence[frozenset[Tag]], panel: dict[Tag, str]) -> list[Tag]:
        odds = log_odds(counts, panel, beliefs)
        return sorted((tag for tag in odds if odds[tag] > beliefs.list_above), key=lambda tag: (-odds[tag], tag))

    return rank


def log_odds(counts: Sequence[frozenset[Tag]], panel: dict[Tag, str], beliefs: Beliefs) -> dict[Tag, float]:
    """For each tag the log odds that it is gone."""
    rate = read_rates(counts, panel, beliefs.panel_weight)
    odds = {}
    for tag in sorted(panel):
        missed = trailing_misses(tag, counts)
        prior = log(beliefs.lost_a_count * max(missed, 1))
        odds[tag] = prior - missed * beliefs.kappa * log(1.0 - rate[tag]) if missed else -1e9
    return odds


def read_rates(counts: Sequence[frozenset[Tag]], panel: dict[Tag, str], weight: float) -> dict[Tag, float]:
    """Estimate how often each tag is read while it is there."""
    read = {tag: sum(tag in count for count in counts) for tag in panel}
    tried = {tag: len(counts) - trailing_misses(tag, counts) for tag in panel}
    store = (sum(read.values()) + 1.0) / (sum(tried.values()) + 2.0)
    panel_read: dict[str, float] = defaultdict(float)
    panel_tried: dict[str, float] = defaultdict(float)
    for tag, where in panel.items():
        panel_read[where] += read[tag]
        panel_tried[where] += tried[tag]
    pooled = {
        where: (panel_read[where] + weight * store) / (panel_tried[where] + weight) for where in sorted(panel_read)
    }
    return {
        tag: min((read[tag] + weight * pooled[where]) / (tried[tag] + weight), 0.999) for tag, where in panel.items()
    }
