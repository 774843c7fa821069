"""
A store counted nine times: 915 tags on 27 panels, each count a walk with a handheld reader (Detego, for research use).

That nothing was missing is inferred: every tag is read in at least four of the nine counts. To have something missing,
known tags are taken away from a random count on; the misses of the others stay as they were.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.accuracy.data import data_folder, rows

FOLDER: Final = "uhf_detego_store"
FIRST_GONE_FROM: Final = 2
"""Tags go missing from the third count on, so that each was there for two."""
COUNTS_LEFT_MIN: Final = 2

Tag = int
Count = Mapping[Tag, int]
"""How often each tag was read, of those that were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """What was counted: the panel of each tag, and what was read in each count, in order."""

    panel: dict[Tag, str]
    counts: Sequence[Count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Theft:
    """The same store with some tags taken away, each from the count of this number (from 0) on."""

    store: Store
    gone_from: dict[Tag, int]


def counted() -> Store:
    """Read the nine counts; tags that the source doesn't map to a panel are strays and left out."""
    folder = data_folder(FOLDER)
    panel = {int(row["epc"]): row["panel"] for row in rows(folder / "panels_epc_mapping.csv")}
    read: dict[int, Counter[Tag]] = defaultdict(Counter)
    for row in rows(folder / "case_study_read_events.csv"):
        if int(row["epc"]) in panel:
            read[int(row["experiment_nr"])][int(row["epc"])] += 1
    return Store(panel=panel, counts=[read[number] for number in sorted(read)])


def robbed(store: Store, taken: int, seed: int) -> Theft:
    """Take some tags away, each from a random count on that leaves at least two more counts to notice."""
    chance = random.Random(seed)
    last_from = len(store.counts) - COUNTS_LEFT_MIN
    gone_from = {
        tag: chance.randint(FIRST_GONE_FROM, last_from) for tag in sorted(chance.sample(sorted(store.panel), taken))
    }
    counts = [
        {tag: reads for tag, reads in count.items() if gone_from.get(tag, len(store.counts)) > number}
        for number, count in enumerate(store.counts)
    ]
    return Theft(store=Store(panel=store.panel, counts=counts), gone_from=gone_from)
