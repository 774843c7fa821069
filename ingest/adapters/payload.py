"""
Bytes become JSON values here, or a BadMessage that says why not.
"""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import msgspec

from core.wire.scan import READS_MAX
from ingest.adapters.decoded import MESSAGE_BYTES_MAX, BadMessage, Decoded

ITEMS_MAX: Final = READS_MAX
"""The most reads that one message may hold."""
REASONS_MAX: Final = 8
"""Bad reads of one message whose reasons are kept word for word; all are counted."""
KINDS_MAX: Final = 16
"""Kinds of reasons that are told apart in one message; the rest are others."""
OTHERS: Final = "other reasons"
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


def located(error: msgspec.ValidationError | str, place: str) -> str:
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
    alike: dict[str, int] = {}
    for i, item in enumerate(items):
        try:
            good.append(decoder.decode(item))
            numbers.append(i)
        except msgspec.ValidationError as exc:  # put into words at the end: there may be thousands
            said = str(exc)
            alike[said] = alike.get(said, 0) + 1
            if len(out.quarantined) < REASONS_MAX:
                out.quarantined.append(located(said, place(i)))
        except (ValueError, RecursionError) as exc:
            quarantine(out, _at(place(i), f"can't be read: {exc}"))
    for said, n in alike.items():
        refuse(out, kind_of(located(said, "")), n)
    return good, numbers


def check_count(n: int) -> None:
    """Refuse a message with more reads than any reader sends."""
    if n > ITEMS_MAX:
        raise BadMessage(f"the message holds {n} items; at most {ITEMS_MAX} are looked at")


def quarantine(out: Decoded, reason: str) -> None:
    """Leave one read out: it is counted with those that are bad in the same way, and the first reasons are kept."""
    if len(out.quarantined) < REASONS_MAX:
        out.quarantined.append(reason)
    refuse(out, kind_of(reason))


def refuse(out: Decoded, kind: str, n: int = 1) -> None:
    """Count reads that are bad in the same way."""
    if kind not in out.refused and len(out.refused) >= KINDS_MAX:
        kind = OTHERS
    out.refused[kind] = out.refused.get(kind, 0) + n


def kind_of(reason: str) -> str:
    """What a reason has in common with others of its kind: no number of the read, and no text that the reader said."""
    place, _, what = reason.partition(": ")
    if not what:
        return reason
    first, last = what.find("'"), what.rfind("'")
    if first < last:
        what = what[: first + 1] + what[last:]
    name = place.rpartition("]")[2].lstrip(".")
    return f"{name}: {what}" if name else what


def clean(text: str) -> str:
    """What a reader says in words, cut to length, with nothing in it that a database or a log chokes on."""
    kept = text[:TEXT_KEPT_MAX]
    return kept if kept.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in kept)


def _at(place: str, what: str) -> str:
    return f"{place}: {what}" if place else what
