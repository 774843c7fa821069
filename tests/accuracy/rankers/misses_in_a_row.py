"""The rule of counting: so many counts in a row without the tag, and it is missing; the more, the surer."""

from collections.abc import Sequence

from tests.accuracy.rankers.ranking import Ranker
from tests.accuracy.recordings.store import Count, Tag


def misses_in_a_row(needed: int) -> Ranker:
    """List the tags with at least so many misses at the end, longest first; ties stay in the tags' order."""

    def rank(counts: Sequence[Count], panel: dict[Tag, str]) -> list[Tag]:
        misses = {tag: trailing_misses(tag, counts) for tag in sorted(panel)}
        return sorted((tag for tag in misses if misses[tag] >= needed), key=lambda tag: -misses[tag])

    return rank


def trailing_misses(tag: Tag, counts: Sequence[Count]) -> int:
    """Counts at the end in which the tag was not read."""
    for back, count in enumerate(reversed(counts)):
        if tag in count:
            return back
    return len(counts)
