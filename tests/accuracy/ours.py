"""
Tallyport itself, as one method among the others: through its public functions and the files that they write.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from core.site import Site
from core.site_file import load_site
from tallyport.calibrate import calibrate
from tallyport.replay import replay
from tallyport.score import Published, read_published
from tallyport.score.alerts import Notice, read_alerts
from tallyport.score.passages import read_passages
from tallyport.score.presence import Word, read_presence
from tallyport.score.truth import Passage
from tests.accuracy.decisions import Learn, Placer, untaught
from tests.accuracy.recording import Read, Recording
from tests.accuracy.report import OURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that one replay published."""

    zones: list[Published]
    presence: list[Word]
    passages: list[Passage]
    alerts: list[Notice] | None
    """None where this version's replay tells none."""


def tallyport(training: Recording | None) -> Callable[[Sequence[Read], Site], Said]:
    """Calibrate with a labelled recording, if there is one; what comes back replays reads and gives all it said."""

    def run(reads: Sequence[Read], site: Site) -> Said:
        with TemporaryDirectory(prefix="tallyport-accuracy-") as name:
            folder = Path(name)
            Recording(site=site, reads=reads, truth=()).write(folder)
            out = folder / "out"
            learnt = _learn(training, folder / "training") if training else None
            replay(folder / "reads.csv", load_site(folder / "site.toml"), out, learnt)
            return Said(
                zones=read_published(out / "zones.csv"),
                presence=read_presence(out / "presence.csv"),
                passages=read_passages(out / "passages.csv"),
                alerts=read_alerts(out / "alerts.csv") if (out / "alerts.csv").exists() else None,
            )

    return run


def uncalibrated(reads: Sequence[Read], site: Site) -> list[Published]:
    """Place tags by the floor plan alone."""
    return tallyport(None)(reads, site).zones


def calibrated(training: Recording) -> Placer:
    """Learn from a labelled recording, then place."""
    run = tallyport(training)
    return lambda reads, site: run(reads, site).zones


def passages(training: Recording | None) -> Callable[[Sequence[Read], Site], list[Passage]]:
    """Judge what happened at doors, calibrated if there is something to learn from."""
    run = tallyport(training)
    return lambda reads, site: run(reads, site).passages


def watched(reads: Sequence[Read], site: Site) -> list[Word]:
    """Say who is there, by the floor plan alone."""
    return tallyport(None)(reads, site).presence


def _learn(training: Recording, folder: Path) -> Path:
    """Calibrate in a folder; gives the file that replay takes."""
    training.write(folder)
    learnt = folder / "calibration.json"
    calibrate(folder / "reads.csv", folder / "truth.csv", load_site(folder / "site.toml"), learnt)
    return learnt


BY_PLAN: Final[Mapping[str, Learn]] = {f"{OURS}, floor plan only": untaught(uncalibrated)}
TAUGHT: Final[Mapping[str, Learn]] = {f"{OURS}, calibrated": calibrated}
