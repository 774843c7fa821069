"""Our list: the tags by how likely they are gone (core/stock/missing.py)."""

from collections.abc import Sequence

import numpy as np

from core.stock.missing import rank_missing
from tests.accuracy.rankers.ranking import Ranker
from tests.accuracy.recordings.store import Count, Tag


def likely_gone(above: float) -> Ranker:
    """List the tags that are gone with more than this probability; ties stay in the tags' order."""

    def rank(counts: Sequence[Count], panel: dict[Tag, str]) -> list[Tag]:
        tags, zones = sorted(panel), sorted(set(panel.values()))
        reads = np.array([[count.get(tag, 0) for tag in tags] for count in counts], np.int64)
        gone = rank_missing(reads, np.array([zones.index(panel[tag]) for tag in tags], np.int64)).gone
        order = np.argsort(-gone, kind="stable")
        return [tags[i] for i in order.tolist() if gone[i] > above]

    return rank
