"""Gone or only unheard: still tags that are taken away at a random time, as strong and as ever weaker tags."""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Final

from tallyport.score.presence import score_presence
from tests.accuracy import ours
from tests.accuracy.baselines.ale import ale_presence
from tests.accuracy.baselines.edgex import edgex_presence
from tests.accuracy.baselines.fixed_window import fixed_window_presence
from tests.accuracy.baselines.plain_bayes import HAZARD, plain_bayes
from tests.accuracy.baselines.smurf import smurf
from tests.accuracy.decisions import Watcher
from tests.accuracy.recording import Recording
from tests.accuracy.recordings import static_tags
from tests.accuracy.recordings.static_tags import EPOCH_S, SEED, Streams
from tests.accuracy.report import OURS, Figures, Table

CROWD, LYING = "crowd", "lying"
RATES: Final = (0.92, 0.55, 0.27)
RATE_OFF: Final = 0.03
"""A crowd can't be read more often than it is: this near is near enough."""
CROWDS: Final = 12
EDGEX_DEPARTED_S: Final = 30.0
METHODS: Final[Mapping[str, Watcher]] = {
    "no smoothing": fixed_window_presence(1, EPOCH_S),
    **{f"fixed window {n} epochs": fixed_window_presence(n, EPOCH_S) for n in (3, 5, 10, 25)},
    "SMURF, delta 0.05": smurf(EPOCH_S),
    "GS1 ALE, lost after 10 s": ale_presence(),
    f"plain Bayes, 1/{1 / HAZARD:.0f} an epoch": plain_bayes(EPOCH_S),
    f"EdgeX, departed after {EDGEX_DEPARTED_S:g} s": edgex_presence(EDGEX_DEPARTED_S),
    OURS: ours.watched,
}
JUDGED: Final = (
    "false: exits told of a tag that was there; delay from the moment when the tag was taken away to the word, "
    "seconds; the column says in what part of the 1.4 s epochs a tag is read"
)


def run_crowd() -> Table:
    """Try crowds."""
    tried = [rows_of(static_tags.crowd(seed), static_tags.seldom(seed), METHODS, seed) for seed in range(1, CROWDS + 1)]
    return Table(
        name=CROWD,
        title="Gone or only unheard: a crowd at one antenna",
        data=f"{CROWDS} crowds drawn from what was measured of a real one: {static_tags.TAGS} tags, and "
        f"{static_tags.SELDOM} that are almost never read, {static_tags.CROWD_S:g} s (seeds 1 to {CROWDS})",
        split="nothing learns",
        judged=f"{JUDGED}; means over the crowds",
        bar="fixed 3, 5, 10, 25 on the real crowd: 4, 1, 0, 0 false at rate 0.92; 223, 40, 1, 0 at 0.55; 487, 242, 47, "
        "0 at 0.27; Bayes 0, 0, 8. There delays count whole epochs: up to 2.8 s less than ours, which are by the clock",
        rows={method: _mean([rows[method] for rows in tried]) for method in METHODS},
    )


def run_lying() -> Table:
    """Try the real gaps."""
    streams = static_tags.lying()
    return Table(
        name=LYING,
        title="Gone or only unheard: a person lying in bed",
        data=f"UCI 427, room S1: {len(streams)} spells of lying of a minute or longer, each a tag, real gaps",
        split=f"nothing learns; cut and thinned by chance (seed {SEED})",
        judged=JUDGED,
        rows=rows_of(streams, {}, METHODS),
    )


def rows_of(streams: Streams, beside: Streams, methods: Mapping[str, Watcher], seed: int = SEED) -> dict[str, Figures]:
    """Try each method on the streams thinned to each rate."""
    rows: dict[str, dict[str, float | None]] = {method: {} for method in methods}
    for wanted in RATES:
        share = static_tags.share_for(streams, wanted)
        reached = static_tags.read_rate(streams, share)
        rate = wanted if abs(reached - wanted) < RATE_OFF else reached
        recording = static_tags.taken_away(streams, share, beside, seed)
        for method, watch in methods.items():
            rows[method].update(_figures(recording, watch, f"{rate:.2f}"))
    return dict(rows)


def _mean(tried: Sequence[Figures]) -> Figures:
    """The mean of each figure; none where one is missing."""
    columns = {name: [figures[name] for figures in tried] for name in tried[0]}
    return {
        name: None if None in values else mean(value for value in values if value is not None)
        for name, values in columns.items()
    }


def _figures(recording: Recording, watch: Watcher, rate: str) -> Figures:
    end_s = recording.reads[-1].at_s
    score = score_presence(recording.stays(), watch(recording.reads, recording.site), end_s)
    delay = score["exit_delay_s"]
    return {f"{rate}: false": score["false_exits"], f"{rate}: p50 s": delay["p50"], f"{rate}: p95 s": delay["p95"]}
