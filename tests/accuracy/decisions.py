"""The seams of the harness: a method takes reads and gives what `tallyport replay` would publish."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from core.site import Site
from tallyport.score import Published
from tallyport.score.presence import Word
from tests.accuracy.recording import Read, Recording

GONE: Final = "missing"
"""The state of a tag that is there no more."""

Placer = Callable[[Sequence[Read], Site], Iterable[Published]]
"""Reads in time order become published places."""
Watcher = Callable[[Sequence[Read], Site], Iterable[Word]]
"""Reads in time order become arrivals and departures."""
Learn = Callable[[Recording], Placer]
"""A labelled recording becomes a method that knows the room."""


def untaught(placer: Placer) -> Learn:
    """Let a method that learns nothing stand among those that do."""
    return lambda _training: placer


def antenna_zone(site: Site) -> dict[tuple[str, int], str]:
    """(reader, antenna) -> the zone that the plan says it is there for."""
    return {(reader.id, a.port): a.zone for reader in site.readers for a in reader.antennas}
