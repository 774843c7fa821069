"""In bed or not: one passive tag, four antennas, five folds of whole trials."""

from collections.abc import Sequence
from typing import Final

from tallyport.score import Published, score_zones
from tests.accuracy.decisions import Learn
from tests.accuracy.judge import Mark, Rightness, rightness
from tests.accuracy.methods import ZONES
from tests.accuracy.recordings import uci
from tests.accuracy.report import Figures, Table

NAME: Final = "bed"
FOLDS: Final = 5


def run() -> Table:
    """Place every trial with each method, taught by the trials of the other folds."""
    trials = uci.trials()
    marks = [mark for trial in trials for mark in trial.marks()]
    rows = {"always in bed": figures_of(rightness(marks, majority(marks)))}
    for method, learn in ZONES.items():
        rows[method] = judged(trials, marks, crossed(trials, learn))
    return Table(
        name=NAME,
        title="In bed or not",
        data=f"UCI 427, room S1: {len(trials)} trials, {len(marks):,} seconds with reads, real",
        split=f"{FOLDS} folds of whole trials; what learns, learns from the trials of the other folds",
        judged="at the end of each second that has reads, the zone published last against the observer's word "
        "(accuracy, macro-F1); then by time: all, and from 2 s after each true change",
        bar="accuracy 0.977, macro-F1 0.963 (a classifier on windows of 1 s, grouped by trial)",
        rows=rows,
    )


def crossed(trials: Sequence[uci.Trial], learn: Learn) -> list[Published]:
    """Place each fold's trials by what was learnt from the others."""
    words: list[Published] = []
    for fold in range(min(FOLDS, len(trials))):
        rest = uci.recording([trial for number, trial in enumerate(trials) if number % FOLDS != fold])
        test = uci.recording([trial for number, trial in enumerate(trials) if number % FOLDS == fold])
        words += learn(rest)(test.reads, test.site)
    return words


def judged(trials: Sequence[uci.Trial], marks: Sequence[Mark], words: Sequence[Published]) -> Figures:
    """Give one method's row."""
    score = score_zones([stay for trial in trials for stay in uci.recording([trial]).stays()], words)
    return {
        **figures_of(rightness(marks, words)),
        "by time": score.zone_accuracy,
        "after 2 s": score.settled_accuracy,
        "changes": score.changes,
        "true": score.true_changes,
        "delay p50 s": score.delay_p50_s,
        "delay p95 s": score.delay_p95_s,
    }


def figures_of(right: Rightness) -> Figures:
    """Give the figures at marks."""
    return {"accuracy": right.accuracy, "macro-F1": right.macro_f1}


def majority(marks: Sequence[Mark]) -> list[Published]:
    """Say the likeliest zone of all and nothing else."""
    zones = [mark.zone for mark in marks]
    likeliest = max(sorted(set(zones)), key=zones.count)
    return [Published(epc=epc, at_s=0.0, zone=likeliest) for epc in sorted({mark.epc for mark in marks})]
