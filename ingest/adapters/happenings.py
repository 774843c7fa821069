"""
What readers say of themselves becomes ReaderEvents here, in our words.
"""

import re
from typing import Final, TypedDict, Unpack

from core.model.reader_event import ReaderEvent, ReaderEventKind
from ingest.adapters.decoded import Message
from ingest.adapters.payload import clean

SINCE_BOOT: Final = "since boot"
"""The text of an OVERFLOW whose value is a total since the reader started, and not what is lost since the last one."""

_STATUS_TEXT: Final = re.compile(r"[^\W\d_][^{}\[\]\"\\]{0,499}")
_STATUS_BYTES_MAX: Final = 2_000
_JSON_WORDS: Final = frozenset({"null", "true", "false", "NaN", "Infinity"})
_GONE: Final = re.compile(r"disconnect|lost|offline|gone|dead|died|down|closed", re.IGNORECASE)
_HERE: Final = re.compile(r"connect|online|alive|ready|hello|birth|running|\bup\b", re.IGNORECASE)


class Facts(TypedDict, total=False):
    """What an event may say besides its kind and time."""

    port: int
    value: float
    epc: str
    text: str


def event(message: Message, kind: ReaderEventKind, seen_us: int | None = None, **facts: Unpack[Facts]) -> ReaderEvent:
    """One thing that the message's reader said; without a time of its own it is as old as the message."""
    facts["text"] = clean(facts.get("text", ""))
    return ReaderEvent(
        seen_us=message.arrived_us if seen_us is None else seen_us,
        arrived_us=message.arrived_us,
        reader=message.reader.id,
        kind=kind,
        **facts,
    )


def antenna_state(message: Message, seen_us: int | None, port: int, *, connected: bool) -> ReaderEvent:
    """An antenna that is there, or that isn't."""
    return event(message, ReaderEventKind.ANTENNA_UP if connected else ReaderEventKind.ANTENNA_DOWN, seen_us, port=port)


def status_text(message: Message, *, any_words: bool) -> ReaderEvent | None:
    """
    Read a message in plain words, such as a last will: gone, here, or (where any words may come) a warning.

    Plain words begin with a letter and hold no JSON punctuation. None where the message is no such thing.
    """
    if len(message.payload) > _STATUS_BYTES_MAX:
        return None
    try:
        text = message.payload.decode().strip().strip('"')
    except UnicodeDecodeError:
        return None
    if not _STATUS_TEXT.fullmatch(text) or text in _JSON_WORDS or not text.isprintable():
        return None
    if _GONE.search(text):
        return event(message, ReaderEventKind.OFFLINE, text=text)
    if _HERE.search(text):
        return event(message, ReaderEventKind.ONLINE, text=text)
    return event(message, ReaderEventKind.WARNING, text=text) if any_words else None
