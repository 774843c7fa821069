"""
How right the alerts were, against what was done on purpose.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tallyport.score.figures import share
from tallyport.score.tables import read_table

RULE_OF: Final = {
    "theft_exit": "left_without_shipment",
    "theft_door": "left_without_shipment",
    "theft_shielded": "missing",
    "silence": "reader_offline",
}
"""Which rule should speak up for what the simulator does on purpose; any other deed is named as its rule is."""
HARMLESS: Final = frozenset({"shipment", "unshielded"})
"""What is done on purpose and deserves no alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An alert that was raised, or that should have been: its rule, and the EPC or reader that it is about."""

    kind: str
    subject: str
    at_s: float


def score_alerts(due: Iterable[Notice], raised: Iterable[Notice]) -> dict[str, Any]:
    """Precision and recall of each kind. An alert is right if one of its kind and subject was due before it."""
    owed, given = _by_kind(due), _by_kind(raised)
    return {kind: _judge(owed[kind], given[kind]) for kind in sorted({*owed, *given})}


def read_alerts(path: Path) -> list[Notice]:
    """Read alerts.csv: time,kind,subject. Raises BadTable."""
    return [
        Notice(kind=row.some("kind"), subject=row.some("subject").upper(), at_s=row.seconds("time"))
        for row in read_table(path, ("time", "kind", "subject")).rows
    ]


def read_deeds(path: Path) -> list[Notice]:
    """Read events.csv, which the simulator writes beside its truth: epc,time,door,kind. Raises BadTable."""
    deeds = []
    for row in read_table(path, ("epc", "time", "kind")).rows:
        kind = row.some("kind")
        if kind not in HARMLESS:
            deeds.append(Notice(kind=RULE_OF.get(kind, kind), subject=row.epc(), at_s=row.seconds("time")))
    return deeds


def _judge(due: list[Notice], raised: list[Notice]) -> Mapping[str, Any]:
    since: dict[str, float] = {}
    for deed in due:
        since[deed.subject] = min(deed.at_s, since.get(deed.subject, deed.at_s))
    right = [alert for alert in raised if alert.subject in since and alert.at_s >= since[alert.subject]]
    found = {alert.subject for alert in right}
    return {"precision": share(len(right), len(raised)), "recall": share(len(found), len(since)), "n": len(raised)}


def _by_kind(notices: Iterable[Notice]) -> defaultdict[str, list[Notice]]:
    kinds: defaultdict[str, list[Notice]] = defaultdict(list)
    for notice in notices:
        kinds[notice.kind].append(notice)
    return kinds
