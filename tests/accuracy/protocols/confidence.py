"""How sure to be: whether zones said with some confidence are right as often as that."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from tallyport.score import Published, Stay
from tests.accuracy import ours
from tests.accuracy.protocols import bed, warehouse
from tests.accuracy.recordings import uci
from tests.accuracy.recordings.simulated import simulated
from tests.accuracy.reliability import EDGES, reliability
from tests.accuracy.report import OURS, Figures, Table

NAME: Final = "confidence"


def run() -> Table:
    """Hold our confidence in the bed room and in the warehouse against how often we were right."""
    (learn,) = ours.TAUGHT.values()
    trials = uci.trials()
    test = simulated("standard", warehouse.SEED, *warehouse.SIZE, "--for", str(warehouse.SECONDS))
    stays = [stay for trial in trials for stay in uci.recording([trial]).stays()]
    taught = learn(warehouse.walk_test(warehouse.SEED))
    return Table(
        name=NAME,
        title="How sure to be",
        data="the bed room and the warehouse of the tables of those names",
        split="as there",
        judged="by time, from 2 s after each true change: the expected calibration error (how far what is said lies "
        "from how often it is right, bin by bin), what was said and what was right on average, and what was right of "
        "that said with a confidence of so much",
        rows={
            f"{OURS}, bed, calibrated": figures_of(stays, bed.crossed(trials, learn)),
            f"{OURS}, warehouse, floor plan only": figures_of(test.stays(), ours.uncalibrated(test.reads, test.site)),
            f"{OURS}, warehouse, calibrated": figures_of(test.stays(), taught(test.reads, test.site)),
        },
    )


def figures_of(stays: Sequence[Stay], words: Iterable[Published]) -> Figures:
    """Give one row."""
    found = reliability(stays, words)
    bins: Mapping[str, float | None] = {
        f"{low:g} to {high:g}": right for (low, high), right in zip(pairwise(EDGES), found.bins, strict=True)
    }
    return {"error": found.error, "said": found.said, "right": found.right, **bins}
