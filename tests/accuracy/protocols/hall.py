"""Where in a hall: a beacon heard by twelve receivers, taught by a walk test, tried on nine tracks."""

from collections.abc import Mapping, Sequence
from typing import Final

from tallyport.score import Published
from tallyport.score.zones import score_positions, score_zones
from tests.accuracy.baselines.grid_bayes import Walk, grid_bayes
from tests.accuracy.baselines.histogram_hmm import Belief, histogram_hmm
from tests.accuracy.baselines.landmarc import landmarc
from tests.accuracy.baselines.weighted_centroid import strongest_antenna, weighted_centroid
from tests.accuracy.decisions import Learn, untaught
from tests.accuracy.judge import Mark, rightness
from tests.accuracy.methods import BY_PLAN, OF_OURS
from tests.accuracy.recording import Recording
from tests.accuracy.recordings import ble
from tests.accuracy.report import Figures, Table

NAME: Final = "hall"
HMM_LEAVE_RATE: Final = 1.0 / 5.0
"""A walker crosses a square of 5 m in about 5 s."""
METHODS: Final[Mapping[str, Learn]] = {
    **BY_PLAN,
    "strongest receiver": untaught(strongest_antenna),
    "weighted centroid": untaught(weighted_centroid),
    "LANDMARC, k = 4": landmarc,
    "histogram HMM, alpha 0.25": histogram_hmm(Belief(alpha=0.25, leave_rate=HMM_LEAVE_RATE)),
    "grid Bayes, alpha 1": grid_bayes(Walk(alpha=1.0)),
    "grid Bayes, alpha 0.25": grid_bayes(Walk(alpha=0.25)),
    **OF_OURS,
}


def run() -> Table:
    """Follow the nine tracks with each method."""
    training, test = ble.walk_test(), ble.together(ble.tracks())
    return Table(
        name=NAME,
        title="Where in a hall",
        data=f"tetam BLE, 12 receivers, truth to 0.04 m: nine tracks, {len(test.reads):,} packets, real",
        split=f"learns from a walk test of {len(training.truth)} points, {ble.STAND_S:g} s each, drawn from the "
        f"points' histograms at their own rates (seed {ble.SEED}); the tracks are other recordings",
        judged="at each packet, the last published x, y (m) and 5 m square against the truth; then by time",
        bar="mean 1.38 m, median 1.12 m, p90 2.78 m, square 0.767 (grid Bayes on the full histograms; alpha and rate "
        "were chosen on these tracks, there as here)",
        rows={method: judged(test, list(learn(training)(test.reads, test.site))) for method, learn in METHODS.items()},
    )


def judged(test: Recording, words: Sequence[Published]) -> Figures:
    """Give one method's row."""
    away = score_positions(test.spots(), words)
    score = score_zones(test.stays(), words)
    return {
        "mean m": away["mean"],
        "p50 m": away["p50"],
        "p90 m": away["p90"],
        "unplaced": away["unplaced"],
        "square": rightness([Mark(place.from_s, place.epc, place.zone) for place in test.truth], words).accuracy,
        "by time": score.zone_accuracy,
        "changes": score.changes,
        "true": score.true_changes,
    }
