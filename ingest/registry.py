"""
Topic -> reader: the topic alone says who speaks, for the broker's access rules protect it and the payload nobody.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from core.site import Reader, ReaderFormat, Site

NATIVE_LEVELS: Final = ("reads", "status", "events", "sensor")
_NATIVE: Final = re.compile(r"tallyport/v1/([^/+#]*)/([^/+#]*)/(reads|status|events|sensor)")
READER_ID_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Known:
    """A registered reader."""

    reader: Reader


@dataclass(frozen=True, slots=True)
class Unknown:
    """A reader that nobody has approved, with our guess of its name and format; site '' where the topic names none."""

    site: str
    topic: str
    reader: str
    format: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A topic that belongs to another site's readers, or to nobody: nothing of ours."""


_ELSEWHERE: Final = Elsewhere()


class Registry:
    """Whose messages come by which topic, for one site."""

    def __init__(self, site: Site, elsewhere: Iterable[str] = ()) -> None:
        self._site = site.id
        self._native = {reader.id: Known(reader) for reader in site.readers if reader.format is ReaderFormat.NATIVE}
        self._exact = {topic: Known(reader) for reader in site.readers for topic in reader.topics}
        self._elsewhere = frozenset(elsewhere) - self._exact.keys()

    def find(self, topic: str) -> Known | Unknown | Elsewhere:
        """Say who speaks on a topic."""
        known = self._exact.get(topic)
        if known is not None:
            return known
        match = _NATIVE.fullmatch(topic)
        if match is not None:
            return self._find_native(topic, match[1], match[2])
        if topic in self._elsewhere or topic.startswith(("tallyport/", "$")):
            return _ELSEWHERE
        return Unknown(site="", topic=topic, reader=_name_in(topic), format=_format_of(topic))

    def _find_native(self, topic: str, site: str, reader: str) -> Known | Unknown | Elsewhere:
        if site != self._site:
            return _ELSEWHERE
        return self._native.get(reader) or Unknown(
            site=site, topic=topic, reader=reader[:READER_ID_MAX], format=ReaderFormat.NATIVE
        )

    def subscriptions(self, discovery: Iterable[str]) -> list[tuple[str, int]]:
        """Every topic filter that the site needs, none inside another, so that no message comes twice."""
        filters = [f"tallyport/v1/{self._site}/+/{level}" for level in NATIVE_LEVELS]
        filters += list(dict.fromkeys(discovery))
        exact = [topic for topic in self._exact if not any(matches(wide, topic) for wide in filters)]
        return [(topic, 1) for topic in (*filters, *exact)]


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic falls under an MQTT topic filter."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for i, level in enumerate(wanted):
        if level == "#":
            return True
        if i >= len(levels) or level not in ("+", levels[i]):
            return False
    return len(wanted) == len(levels)


def _name_in(topic: str) -> str:
    """Guess the reader's name: the second level, as vendors' default topics have it."""
    levels = topic.split("/")
    return (levels[1] if len(levels) > 1 else levels[0])[:READER_ID_MAX]


def _format_of(topic: str) -> str:
    first = topic.split("/", 1)[0].lower()
    for known in (ReaderFormat.ZEBRA, ReaderFormat.IMPINJ):
        if known in first:
            return known
    return ReaderFormat.MAPPED
