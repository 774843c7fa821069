"""How the zone filter weighs what it hears: the few numbers that a calibration may change."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """
    Defaults serve a site of which nothing but the plan is known.

    evidence     how much a read counts that no other of its read point has just said, 0..1
    temper_s     time after which a read of the same read point counts in full; sooner, the two have much in common
    leave_per_s  how often a tag leaves its place
    gain_db      standard deviation of how much louder or fainter than typical a tag is
    change_at    belief from which a tag is said to be in another zone
    """

    evidence: float = 1.0
    temper_s: float = 0.8
    leave_per_s: float = 1.0 / 60.0
    gain_db: float = 5.0
    change_at: float = 0.6
