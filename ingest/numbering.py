"""How far a reader's own numbers have come, run by run, and what it said that it had thrown away by then."""

from dataclasses import dataclass, field
from typing import Final

from ingest.sequence import Sequence

RUNS_MAX: Final = 4
"""Runs of a reader remembered: a broker may bring messages of the run before after those of the new one."""


@dataclass(slots=True)
class Numbering:
    """One reader's numbers by kind and run; what a line writes down with each step, and goes on from."""

    sequences: dict[str, Sequence] = field(default_factory=dict)
    purged: int = 0

    @property
    def awaited(self) -> int:
        """How many numbers were skipped and are not given up."""
        return sum(sequence.awaited for sequence in self.sequences.values())

    def wait_anew(self) -> None:
        """Begin all waits anew: what was skipped before a restart comes when the broker hands it over."""
        for sequence in self.sequences.values():
            for hole in sequence.holes:
                hole.since_us = 0

    def observe(self, run: str, numbers: tuple[int, int], raw_us: int, arrived_us: int) -> int:
        """Take in the first and last number of a message; how many more numbers of any run are lost (Sequence)."""
        sequence = self.sequences.get(run)
        if sequence is None:
            sequence = self.sequences[run] = Sequence()
        lost = sequence.observe(*numbers, raw_us, arrived_us)
        if len(self.sequences) > 1:
            lost += sum(other.give_up(arrived_us) for other in self.sequences.values())
        if len(self.sequences) > RUNS_MAX:
            lost += self.sequences.pop(next(iter(self.sequences))).awaited
        return lost
