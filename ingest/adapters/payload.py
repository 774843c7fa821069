"""
Bytes become JSON values here, or a BadMessage that says why not.
"""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import msgspec

from ingest.adapters.decoded import MESSAGE_BYTES_MAX, BadMessage, Decoded

ITEMS_MAX: Final = 20_000
"""The most reads that one message may hold."""
QUARANTINED_MAX: Final = 250
"""Past this many bad reads a message is not a message with bad reads in it: it is a bad message."""
TEXT_KEPT_MAX: Final = 256
"""Characters that are kept of what a reader says in words."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class JsonDecoder(Protocol[T_co]):
    """What we use of msgspec's typed decoders."""

    def decode(self, buf: bytes | msgspec.Raw, /) -> T_co:
        """Parse bytes into the decoder's type."""
        ...


def check_size(payload: bytes) -> None:
    """Refuse a message that is too long, before anything looks into it."""
    if len(payload) > MESSAGE_BYTES_MAX:
        raise BadMessage(f"the message has {len(payload)} bytes; at most {MESSAGE_BYTES_MAX} are looked at")


def parse(decoder: JsonDecoder[T], payload: bytes | msgspec.Raw, place: str = "") -> T:
    """Parse JSON into the decoder's type; whatever is wrong with it comes out as BadMessage."""
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as exc:
        raise BadMessage(located(exc, place)) from exc
    except RecursionError as exc:
        raise BadMessage(_at(place, "the JSON is nested too deeply")) from exc
    except ValueError as exc:  # malformed JSON, or bytes that are no UTF-8
        raise BadMessage(_at(place, f"is not JSON: {exc}")) from exc


def located(error: msgspec.ValidationError, place: str) -> str:
    """Turn msgspec's "Expected `int`, got `str` - at `$.antenna`" into our `reads[3].antenna: expected ...`."""
    what, _, path = str(error).partition(" - at `$")
    where = (place + path.rstrip("`")).lstrip(".")
    return _at(where, what[:1].lower() + what[1:])


def each_good(
    decoder: JsonDecoder[T], items: list[msgspec.Raw], place: Callable[[int], str], out: Decoded
) -> tuple[list[T], list[int]]:
    """Parse items one by one and return the good ones with their numbers; each bad one is quarantined."""
    check_count(len(items))
    good: list[T] = []
    numbers: list[int] = []
    for i, item in enumerate(items):
        try:
            good.append(parse(decoder, item, place(i)))
            numbers.append(i)
        except BadMessage as exc:
            quarantine(out, str(exc))
    return good, numbers


def check_count(n: int) -> None:
    """Refuse a message with more reads than any reader sends."""
    if n > ITEMS_MAX:
        raise BadMessage(f"the message holds {n} items; at most {ITEMS_MAX} are looked at")


def quarantine(out: Decoded, reason: str) -> None:
    """Leave one read out and keep the reason; too many of them make the whole message bad."""
    out.quarantined.append(reason)
    if len(out.quarantined) > QUARANTINED_MAX:
        raise BadMessage(f"more than {QUARANTINED_MAX} bad reads in one message; the first: {out.quarantined[0]}")


def clean(text: str) -> str:
    """What a reader says in words, cut to length, with nothing in it that a database or a log chokes on."""
    kept = text[:TEXT_KEPT_MAX]
    return kept if kept.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in kept)


def _at(place: str, what: str) -> str:
    return f"{place}: {what}" if place else what
