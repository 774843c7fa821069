"""A reader that publishes and that nobody has approved."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingReader:
    """
    What an unknown topic has said since it was last written down; it counts for nothing until a person approves it.

    site is '' where the topic names none; reader and format are our guess.
    """

    site: str
    topic: str
    reader: str
    format: str
    first_arrived_us: int
    last_arrived_us: int
    messages: int
    sample: bytes
