"""
What a demo run amounted to, as one JSON object: what was published, what became of it, how right and how fast it was.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tallyport.demo.observers import AlertObserver, LiveObserver
from tallyport.score import Published, Stay, score_zones
from tallyport.score.alerts import RULE_OF

FATES: Final = ("stored", "repeats", "late", "quarantined", "resent")
"""What can become of a read that reached us; `resent` are those of messages that the simulator told twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Something that the simulator did on purpose and that an alert should tell of."""

    kind: str
    subject: str
    """The tag's EPC; the reader, where one fell silent."""
    at_s: float
    door: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything that was seen of a run from outside."""

    edition: str
    seed: int
    duration_s: float
    published: Mapping[str, int]
    unconfirmed: int
    ledger: Sequence[Mapping[str, Any]]
    tags_live: int
    truth: Sequence[Stay]
    zones: Sequence[Published]
    planted: Sequence[Planted]
    live: LiveObserver
    alerts: AlertObserver


def summarise(seen: Observed) -> dict[str, Any]:
    """
    Put the figures together; `lost` is what was published and is in no account.

    A read is published once the broker has confirmed it. `unconfirmed` ones may be in the accounts all the same.
    """
    published = sum(seen.published.values())
    fates = {fate: sum(int(row[fate]) for row in seen.ledger) for fate in FATES}
    score = score_zones(seen.truth, seen.zones)
    return {
        "edition": seen.edition,
        "seed": seen.seed,
        "published": published,
        "published_per_firmware": dict(seen.published),
        "unconfirmed": seen.unconfirmed,
        **fates,
        "lost": published - sum(fates.values()),
        "tags_live": seen.tags_live,
        "zone_accuracy": round(score.zone_accuracy, 4),
        "settled_accuracy": round(score.settled_accuracy, 4),
        "reads_per_s": round(published / seen.duration_s, 1),
        "latency_ms": {"p50": seen.live.quantile_ms(0.5), "p99": seen.live.quantile_ms(0.99)},
        "frames": seen.live.frames,
        "planted": _count_kinds(seen.planted),
        "alerts": judge_alerts(seen.planted, list(seen.alerts.alerts.values()), seen.alerts.first_seen_us),
    }


def judge_alerts(
    planted: Sequence[Planted], alerts: Sequence[Mapping[str, Any]], first_seen_us: Mapping[int, int]
) -> dict[str, Any]:
    """
    Hold the alerts of each rule against what was planted: precision, recall, and seconds from the deed to the frame.

    An alert is right where its rule and subject are those of something planted, which it cannot precede.
    """
    judged: dict[str, Any] = {}
    for rule in sorted({*RULE_OF.values(), *(str(alert["rule"]) for alert in alerts)}):
        due = {deed.subject: deed for deed in planted if RULE_OF.get(deed.kind) == rule}
        raised = [alert for alert in alerts if alert["rule"] == rule]
        right = [alert for alert in raised if alert["subject"] in due]
        delays = [first_seen_us[alert["alert_id"]] / 1e6 - due[str(alert["subject"])].at_s for alert in right]
        found = {alert["subject"] for alert in right}
        judged[rule] = {
            "n": len(raised),
            "planted": len(due),
            "precision": round(len(right) / len(raised), 3) if raised else None,
            "recall": round(len(found) / len(due), 3) if due else None,
            "delay_s": {"max": round(max(delays), 1), "median": round(sorted(delays)[len(delays) // 2], 1)}
            if delays
            else None,
        }
    return judged


def read_planted(path: Path) -> list[Planted]:
    """Read the simulator's events.csv."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Planted(kind=row["kind"], subject=row["epc"], at_s=float(row["time"]), door=row["door"])
            for row in csv.DictReader(file)
        ]


def read_faults(path: Path) -> list[Planted]:
    """Read the simulator's faults.json: of what went wrong by itself, the readers that fell silent."""
    return [
        Planted(kind=fault["kind"], subject=fault["reader"], at_s=fault["from"])
        for fault in json.loads(path.read_text(encoding="utf-8"))
    ]


def _count_kinds(planted: Sequence[Planted]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for deed in planted:
        counts[deed.kind] = counts.get(deed.kind, 0) + 1
    return dict(sorted(counts.items()))
