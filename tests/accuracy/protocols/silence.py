"""A reader falls silent for an hour: what it heard last has gone nowhere, and somebody should look at the reader."""

from collections.abc import Sequence
from typing import Final

from tallyport.score.alerts import Notice
from tallyport.score.presence import PRESENT, Word
from tests.accuracy import ours
from tests.accuracy.baselines.ale import Smoothing, ale_presence
from tests.accuracy.baselines.edgex import edgex_presence
from tests.accuracy.baselines.fixed_window import fixed_window_presence
from tests.accuracy.recording import Recording
from tests.accuracy.recordings import shelves
from tests.accuracy.report import OURS, Figures, Table

NAME: Final = "silence"
WINDOW_S: Final = 10.0
UNHEARD: Final = "absent"
"""Our word for a tag that is silent for longer than its own pace allows: no loss yet."""


def run() -> Table:
    """Let each method watch the hour and a half."""
    test = shelves.recording()
    patience_s = shelves.MISSING_AFTER_S
    watchers = {
        f"fixed window {patience_s:g} s": fixed_window_presence(int(patience_s / WINDOW_S), WINDOW_S),
        f"GS1 ALE, lost after {patience_s:g} s": ale_presence(
            Smoothing(glimpsed_timeout_s=60.0, observed_time_s=60.0, lost_timeout_s=patience_s)
        ),
        f"EdgeX, departed after {patience_s:g} s": edgex_presence(patience_s),
    }
    rows = {method: figures_of(test, list(watch(test.reads, test.site)), None) for method, watch in watchers.items()}
    said = ours.tallyport(None)(test.reads, test.site)
    lasting = [word for word in said.presence if word.state != UNHEARD]
    return Table(
        name=NAME,
        title="One reader silent for an hour",
        data=f"simulated: {shelves.TAGS_EACH} tags at each of two readers, read each {shelves.GAP_S:g} s on average, "
        f"{shelves.RUN_S / 60:g} minutes; from the 15th to the 75th one reader tells nothing (seed {shelves.SEED})",
        split=f"nothing learns; a tag unheard for {patience_s:g} s is to be missed",
        judged="tags told lost, of which none is; alerts about the reader, of which one is due",
        rows={**rows, OURS: figures_of(test, lasting, said.alerts)},
    )


def figures_of(test: Recording, words: Sequence[Word], alerts: Sequence[Notice] | None) -> Figures:
    """Give one method's row."""
    lost = {word.epc for word in words if word.state != PRESENT}
    silenced = {place.epc for place in test.truth if f"{place.zone}-1" == shelves.SILENCED}
    told = None if alerts is None else sum(alert.subject == shelves.SILENCED.upper() for alert in alerts)
    return {
        "lost at the silent reader": len(lost & silenced),
        "lost at the other": len(lost - silenced),
        "alerts about the reader": told,
    }
