"""Messages scanned straight to columns, against the same read with msgspec or numpy: one answer to any bytes."""

import json
import re
from contextlib import ExitStack
from dataclasses import fields
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.site import Reader, ReaderFormat
from core.wire import scan
from ingest.adapters import ADAPTERS, BadMessage, Decoded, Message, impinj, native, zebra
from ingest.adapters.payload import ITEMS_MAX
from tests import golden
from tests.comparisons_wire import BASE64S, HEXES, NUMBERS, TIMES

ROWS = {
    "v": 1,
    "boot": "a41f",
    "seq": 17,
    "reads": [
        {"seen_us": 1795298412820000, "epc": "3074257BF7194E4000001A85", "antenna": 1, "rssi_dbm": -61.5, "count": 3},
        {"seen_us": 1795298412827000, "epc": "e28", "antenna": None, "phase_deg": -1.0, "channel_mhz": 865.7},
    ],
}
COLUMNS = {
    "boot": "a41f",
    "columns": {
        "seen_us": [1795298412820000, 1795298412827000],
        "epc": ["3074257BF7194E4000001A85", "E2806894000040017790E471"],
        "antenna": [1, None],
        "rssi_dbm": [-61.5, -58],
        "phase_deg": [359.9, -32.5],
        "channel_mhz": [None, 865.7],
        "count": [0, 2],
    },
}
KNOWN = (
    *(f"zebra/{name}" for name in ("batch", "conveyor", "custom", "inventory", "portal", "simple")),
    *(f"impinj/tag{name}" for name in ("", "_hex_only", "_base64url_only", "_no_last_seen")),
    *("native/rows", "native/columns", "native/binary"),
)
FORMATS = (ReaderFormat.NATIVE, ReaderFormat.ZEBRA, ReaderFormat.IMPINJ)
SCANS = ((native, "scan"), (scan, "records"), (zebra, "all_rows"), (impinj, "all_rows"))
PIECES = st.sampled_from(
    [
        *(text.encode() for text in (*NUMBERS, *TIMES, *HEXES[:4], *BASE64S[:3])),
        *(
            b" ",
            b"\n",
            b"\t\r",
            b"\x0b",
            b"\x00",
            b"\xff",
            "é".encode(),
            b"\\",
            b'"',
            b",",
            b":",
            b"[",
            b"]",
            b"{",
            b"}",
        ),
        *(b"null", b"true", b"NaN", b'"\\u0041"', b'"seq":5,', b'"v":1,', b'"v":2,', b'"boot":"x",', b'"boot":null,'),
        *(b'"epc":"AB",', b'"epcHex":"ABCD",', b'"seen_us":3,', b'"antenna":2,', b'"antenna":null,', b'"unknown":[1],'),
        *(b'"zone":1,', b'"state":"x",', b'"rssi":-4,', b'"tagId":"AB",', b'"antennaName":3,', b'"lastSeenTime":null,'),
        *(b'"type":"DIRECTIONALITY",', b'"data":{},', b'"format":[1],', b'"timestamp":"2026-04-02T12:00:00Z",'),
    ]
)
TOKEN = re.compile(rb'"[^"]*"|-?[0-9]+(?:\.[0-9]+)?|[\[\]{},:]')


def known() -> list[Message]:
    """Messages as documented: each is scanned."""
    packed = [json.dumps(body, separators=(",", ":")).encode() for body in (ROWS, COLUMNS)]
    return [
        *(golden.load(name).message for name in KNOWN),
        *(sent(ReaderFormat.NATIVE, text) for text in packed),
        sent(ReaderFormat.NATIVE, json.dumps(ROWS, indent=2).encode()),
    ]


def sent(form: ReaderFormat, payload: bytes) -> Message:
    """A message of reads."""
    reader = Reader(id="dock-1", name="Dock 1", format=form)
    return Message(topic="tallyport/v1/s/dock-1/reads", payload=payload, arrived_us=golden.ARRIVED_US, reader=reader)


def answer(message: Message) -> dict[str, Any] | str:
    """All that an adapter makes of a message, its columns as bytes."""
    try:
        found = ADAPTERS[message.reader.format](message)
    except BadMessage as exc:
        return str(exc)
    columns = {f.name: np.array(getattr(found.reads, f.name)) for f in fields(found.reads)}
    bits = {name: (column.dtype.str, column.tobytes()) for name, column in columns.items()}
    return {f.name: getattr(found, f.name) for f in fields(found) if f.name != "reads"} | bits


def by_msgspec(message: Message) -> dict[str, Any] | str:
    """The same without the scanner."""
    with ExitStack() as stack:
        for module, name in SCANS:
            stack.enter_context(patch.object(module, name, lambda *_: None))
        return answer(message)


def is_scanned(message: Message) -> bool:
    """Whether the scanner takes the message."""
    taken = []
    with ExitStack() as stack:
        for module, name in SCANS:
            take = getattr(module, name)
            stack.enter_context(patch.object(module, name, lambda *said, take=take: taken.append(take(*said))))
        answer(message)
    return taken != [] and taken[0] is not None


@pytest.mark.parametrize("message", known(), ids=lambda message: message.payload[:40])
def test_scan_takes_what_is_documented(message: Message) -> None:
    """
    A message as the documents have it is scanned, and comes to what msgspec makes of it, to the bit.
    """
    assert is_scanned(message)
    assert answer(message) == by_msgspec(message)


@pytest.mark.parametrize("name", golden.names())
def test_scan_of_golden_as_by_msgspec(name: str) -> None:
    """
    Scanned or not, every golden message comes to the same.
    """
    message = golden.load(name).message
    assert answer(message) == by_msgspec(message)


@settings(max_examples=200)
@given(st.sampled_from(known()), st.data())
def test_scan_of_altered_messages_as_by_msgspec(message: Message, data: st.DataObject) -> None:
    """
    Pieces put in, written over or cut out at any byte or token: columns, counts and words are the same.
    """
    payload = message.payload
    for _ in range(data.draw(st.integers(1, 3))):
        places = [found.span() for found in TOKEN.finditer(payload)]
        at = data.draw(st.integers(0, len(payload)))
        start, end = data.draw(
            st.sampled_from([*places, (at, at), (at, min(at + 3, len(payload))), (at, len(payload))])
        )
        put = data.draw(PIECES | st.sampled_from([payload[a:b] for a, b in places] or [b""]) | st.just(b""))
        quoted = b'"%s"' % put if payload[start:end].startswith(b'"') and not put.startswith(b'"') else put
        payload = payload[:start] + data.draw(st.sampled_from([put, quoted])) + payload[end:]
    altered = Message(topic=message.topic, payload=payload, arrived_us=1, reader=message.reader)
    assert answer(altered) == by_msgspec(altered)


@given(st.sampled_from(FORMATS), st.binary(max_size=60))
def test_scan_of_any_bytes_as_by_msgspec(form: ReaderFormat, payload: bytes) -> None:
    """
    Bytes that are no message at all come to the same.
    """
    assert answer(sent(form, payload)) == by_msgspec(sent(form, payload))


@given(st.floats(-200, 100), st.floats(-360, 360), st.floats(0, 1e5), st.integers(0, 2**62), st.integers(0, 2**31 - 1))
def test_scan_of_numbers_as_by_msgspec(level: float, phase: float, channel: float, seen_us: int, count: int) -> None:
    """
    Numbers of any length come to the nearest float, and a phase to its first turn, as with msgspec and numpy.
    """
    read = {
        "seen_us": seen_us,
        "epc": "AB",
        "rssi_dbm": level,
        "phase_deg": phase,
        "channel_mhz": channel,
        "count": count,
    }
    short = {name: round(value, 3) for name, value in read.items() if isinstance(value, float)}
    message = sent(ReaderFormat.NATIVE, json.dumps({"reads": [read, read | short]}).encode())
    assert answer(message) == by_msgspec(message)


def test_scan_leaves_too_many_reads_to_msgspec() -> None:
    """
    More reads than a message may hold are refused in the same words, and as many as it may hold are taken.
    """
    one = json.dumps(ROWS["reads"][0])  # type: ignore[index]
    most, more = (
        sent(ReaderFormat.NATIVE, f'{{"reads":[{",".join([one] * n)}]}}'.encode()) for n in (8_000, ITEMS_MAX + 1)
    )
    assert isinstance(ADAPTERS[ReaderFormat.NATIVE](most), Decoded)
    assert is_scanned(most)
    assert answer(more) == by_msgspec(more)
