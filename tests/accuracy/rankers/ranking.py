"""The seam of the missing list."""

from collections.abc import Callable, Sequence

from tests.accuracy.recordings.store import Count, Tag

Ranker = Callable[[Sequence[Count], dict[Tag, str]], list[Tag]]
"""What was read in each count so far, and each tag's panel, become the missing list: the likeliest first."""
