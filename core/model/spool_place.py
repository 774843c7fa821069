"""Where a message stood on disk while it waited for the database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpoolPlace:
    """
    A message's number in one spool file. Numbers of a file grow and are never used again; each file has its own id.
    """

    spool: str
    number: int
