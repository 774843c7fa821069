"""What a tag did at a door, once it is over."""

from dataclasses import dataclass
from enum import StrEnum


class PassageVerdict(StrEnum):
    """What a passage was; in the order of the engine's own numbers."""

    STATIC = "static"
    """It stood there."""
    MILLING = "milling"
    """It moved about, and did not go through."""
    THROUGH = "through"
    REVIEW = "review"
    """Too close to call: somebody, or the next reader, has to say."""


class Direction(StrEnum):
    """Which way a tag went through a door, or would have gone if it did."""

    IN = "in"
    OUT = "out"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A settled verdict on a tag at a door, in event time: first and last read there, and how sure it is, 0..1."""

    opened_us: int
    closed_us: int
    door: str
    tag_id: int
    epc: str
    verdict: PassageVerdict
    direction: Direction
    confidence: float
    reads: int
