"""A message we could not read, kept for a person."""

from dataclasses import dataclass
from typing import Final

PAYLOAD_KEPT_MAX: Final = 4096
"""Bytes of a dead letter's payload that are kept; its full length is kept as a number."""
TOPIC_KEPT_MAX: Final = 512
"""Characters of a dead letter's topic that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that did not parse, or that no registered reader may send: counted, kept, never a stop."""

    arrived_us: int
    topic: str
    reader: str
    payload: bytes
    payload_bytes: int
    reason: str
