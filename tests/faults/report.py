"""What the runs showed, as the table in docs/reliability.md."""

from collections.abc import Sequence
from typing import Final

from tests.faults.judge import Verdict
from tests.faults.stage import Fault

HEAD: Final = (
    "| id | class | fault | by | broker | owed | lost | counted | doubled | misplaced | wrong alerts |"
    " noticed | recovered |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n"
)


def table(runs: Sequence[tuple[Fault, Verdict]]) -> str:
    """A row a run, and a line that sums up."""
    return HEAD + "".join(_row(fault, verdict) for fault, verdict in runs) + "\n" + summary([v for _, v in runs])


def summary(verdicts: Sequence[Verdict]) -> str:
    """The line to publish, true whatever it says."""
    strict = [one for one in verdicts if one.cls == "A"]
    others = sum(one.lost for one in verdicts if one.cls == "B")
    counted = sum(one.gaps for one in verdicts if one.cls == "B")
    return (
        f"{len(verdicts)} fault runs, {sum(one.obligations for one in verdicts)} obligations, "
        f"{sum(one.lost for one in strict)} lost, {sum(one.duplicated for one in verdicts)} duplicated effects, "
        f"{sum(one.state_mismatch for one in verdicts)} wrong states; {others} messages lost by brokers, "
        f"{counted} counted by the ledger; {sum(bool(one.wrong()) for one in verdicts)} runs not passed.\n"
    )


def _row(fault: Fault, verdict: Verdict) -> str:
    cells = (
        fault.id,
        fault.cls,
        fault.title,
        fault.means,
        verdict.broker,
        verdict.obligations,
        verdict.lost,
        verdict.gaps,
        verdict.duplicated,
        verdict.state_mismatch,
        verdict.alert_false + verdict.alert_missed,
        _seconds(verdict.t_detect_s),
        _seconds(verdict.t_recover_s),
    )
    return "| " + " | ".join(map(str, cells)) + " |\n"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} s"
