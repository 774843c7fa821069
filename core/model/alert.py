"""An alert: something that a person must act on, with what caused it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How soon a person must act. If nobody must, it is an event and not an alert."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised:
    """
    A rule's word that something is wrong.

    There is at most one open alert per (rule, subject); raising it again adds to it and makes no second one.
    evidence holds the reads that caused it: a list of {seen_us, read_point, rssi_dbm}, and the rule's own facts.
    """

    rule: str
    subject: str
    severity: Severity
    at_us: int
    title: str
    advice: str
    zone: str = ""
    tag_id: int | None = None
    epc: str = ""
    reader: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertResolved:
    """A rule's word that the reason for an open alert has gone; nothing happens where none is open."""

    rule: str
    subject: str
    at_us: int
    reason: str


AlertChange = AlertRaised | AlertResolved
