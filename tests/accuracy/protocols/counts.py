"""What is missing: a ranked list after each count of a store from which known tags were taken."""

from collections.abc import Mapping
from typing import Final

from tests.accuracy.rankers.misses_in_a_row import misses_in_a_row, trailing_misses
from tests.accuracy.rankers.ours import likely_gone
from tests.accuracy.rankers.ranking import Ranker
from tests.accuracy.recordings import store
from tests.accuracy.recordings.store import Store, Theft
from tests.accuracy.report import OURS, Figures, Table

NAME, RULES = "counts", "misses"
LISTED: Final = 50
THEFTS: Final = 20
"""Draws of who is taken and when; figures are over all of them."""
WITHIN: Final = 2
METHODS: Final[Mapping[str, Ranker]] = {
    "1 miss": misses_in_a_row(1),
    "2 misses in a row": misses_in_a_row(2),
    "3 misses in a row": misses_in_a_row(3),
    f"{OURS}, best 50": likely_gone(0.0),
    f"{OURS}, likely": likely_gone(0.2),
    f"{OURS}, sure": likely_gone(0.5),
}


def run(taken: int) -> Table:
    """Rank after each count of each robbed store."""
    full = store.counted()
    thefts = [store.robbed(full, taken, seed) for seed in range(THEFTS)]
    return Table(
        name=f"{NAME}-{taken}",
        title=f"What is missing: {taken} of {len(full.panel)} tags taken",
        data=f"nine real counts of {len(full.panel)} tags (Detego); {taken} tags taken, each from a random count on, "
        f"{THEFTS} times (seeds 0 to {THEFTS - 1}); the others' misses are real",
        split="a list after each count knows only the counts up to it, and nothing else is learned; the form of the "
        "method, not its numbers, was chosen on other draws (seeds 100 to 109); likely: gone with more than 20 %, "
        "sure: 50 %",
        judged=f"precision: the share truly gone on all lists (at most {LISTED} tags each) from the third count on; "
        f"found at once, within {WITHIN}: of the tags taken, those on the list after the first count without them, "
        "or after one of two",
        rows={method: figures_of(thefts, rank) for method, rank in METHODS.items()},
    )


def run_rules() -> Table:
    """Count what the rules cry of a store in which nothing is missing."""
    full = store.counted()
    tries = len(full.panel) * len(full.counts)
    rows = {}
    for needed in (1, 2, 3):
        cries = _cries(full, needed)
        rows[f"{needed} in a row"] = {"false 'missing'": cries, "% a tag and count": 100.0 * cries / tries}
    return Table(
        name=RULES,
        title="What silence rules cost",
        data=f"nine real counts of {len(full.panel)} tags (Detego), nothing missing",
        split="nothing learns",
        judged="how often a tag becomes missing by the rule; a silence that goes on is told once",
        bar="303, 24 and 4: 3.68 %, 0.29 % and 0.05 %",
        rows=rows,
    )


def _cries(full: Store, needed: int) -> int:
    return sum(
        trailing_misses(tag, full.counts[:number]) == needed
        for number in range(1, len(full.counts) + 1)
        for tag in full.panel
    )


def figures_of(thefts: list[Theft], rank: Ranker) -> Figures:
    """Give one method's row over some robbed stores."""
    listed = right = at_once = soon = taken = 0
    for theft in thefts:
        counts, panel = theft.store.counts, theft.store.panel
        lists = [rank(counts[: number + 1], panel)[:LISTED] for number in range(len(counts))]
        for number in range(store.FIRST_GONE_FROM, len(counts)):
            listed += len(lists[number])
            right += sum(theft.gone_from.get(tag, len(counts)) <= number for tag in lists[number])
        for tag, gone in theft.gone_from.items():
            taken += 1
            at_once += tag in lists[gone]
            soon += any(tag in lists[number] for number in range(gone, gone + WITHIN))
    length = listed / len(thefts) / (len(thefts[0].store.counts) - store.FIRST_GONE_FROM)
    return {
        f"precision@{LISTED}": right / listed if listed else None,
        "found at once": at_once / taken,
        f"found within {WITHIN}": soon / taken,
        "tags a list": length,
    }
