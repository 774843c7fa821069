"""Whatever bytes arrive: an adapter answers, or says BadMessage, and is quick about it."""

import gc
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.site import Reader, ReaderFormat
from core.wire import scan
from ingest.adapters import ADAPTERS, MESSAGE_BYTES_MAX, BadMessage, Decoded, Message
from ingest.adapters.decoded import DECODED_DTYPES
from ingest.adapters.payload import ITEMS_MAX
from tests import golden

FIXTURES = Path(__file__).parents[1] / "fixtures" / "node_modules"
INSTALL = "run `npm ci --prefix tests/fixtures` first"
ANY_MAPPING = {
    "reads": "reads",
    "epc": "epc",
    "time": "seen_us",
    "time_format": "us",
    "antenna": "antenna",
    "rssi": "rssi_dbm",
    "count": "count",
    "status": {"path": "status"},
    "direction": {"path": "direction"},
    "sensors": [{"sensor": "s", "quantity": "q", "value": "value"}],
}
FORMATS = st.sampled_from(list(ReaderFormat))
LEVELS = st.sampled_from(["reads", "status", "events", "sensor"])
SECONDS_MAX = 0.25
"""
Of the processor, for one answer to as much as a message may hold, on a machine that is busy. What is more like a
message than 20,000 bad reads takes under 5 ms (test_adapter_bad_reads.py).
"""

scan.warm_up()  # so that no answer is timed with a compile in it


def sent(form: ReaderFormat, payload: bytes, level: str = "reads") -> Message:
    """A message of a reader that speaks this format."""
    mapping = ANY_MAPPING if form is ReaderFormat.MAPPED else {}
    reader = Reader(id="r", name="r", format=form, mapping=mapping)
    return Message(topic=f"tallyport/v1/demo/r/{level}", payload=payload, arrived_us=golden.ARRIVED_US, reader=reader)


def answer(form: ReaderFormat, payload: bytes, level: str = "reads") -> Decoded | BadMessage:
    """What an adapter makes of a payload; anything but Decoded and BadMessage gets out of here."""
    message = sent(form, payload, level)
    found: Decoded | BadMessage
    gc.disable()  # a collection looks through all that a thousand tests have left: that is no time of the adapter's
    began = time.thread_time()
    try:
        found = ADAPTERS[form](message)
    except BadMessage as exc:
        found = exc
    finally:
        took_s = time.thread_time() - began
        gc.enable()
    assert took_s < SECONDS_MAX
    return found


def check(found: Decoded | BadMessage) -> None:
    """What holds for every answer."""
    if isinstance(found, BadMessage):
        assert str(found)
        assert "\0" not in str(found)
        return
    n = len(found.reads)
    assert all(getattr(found.reads, name).size == n for name in DECODED_DTYPES)
    assert all(getattr(found.reads, name).dtype == dtype for name, dtype in DECODED_DTYPES.items())
    assert (found.reads.count >= 1).all()
    assert (found.reads.antenna >= 0).all()
    assert all(text and "\0" not in text for text in found.quarantined)
    assert all(e.text.isprintable() for e in found.events)


@given(FORMATS, st.binary(max_size=400), LEVELS)
@example(ReaderFormat.NATIVE, b"TPR1" + b"\xff" * 20, "reads")
def test_decode_any_bytes(form: ReaderFormat, payload: bytes, level: str) -> None:
    """
    Any bytes get an answer.
    """
    check(answer(form, payload, level))


@given(st.sampled_from(golden.names()), st.data())
def test_decode_mutated_golden(name: str, data: st.DataObject) -> None:
    """
    A real message with a piece cut out, put in or written over gets an answer.
    """
    case = golden.load(name)
    payload = case.message.payload
    start = data.draw(st.integers(0, len(payload)))
    end = data.draw(st.integers(start, min(len(payload), start + 30)))
    put = data.draw(
        st.binary(max_size=8) | st.sampled_from([b"null", b"-1", b"true", b"1e999", b'"\\ud800"', b"[", b"{}", b"NaN"])
    )
    message = Message(
        topic=case.message.topic,
        payload=payload[:start] + put + payload[end:],
        arrived_us=golden.ARRIVED_US,
        reader=case.message.reader,
    )
    try:
        check(ADAPTERS[message.reader.format](message))
    except BadMessage as exc:
        check(exc)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(golden.names()), st.data())
def test_decode_golden_with_another_value(name: str, data: st.DataObject) -> None:
    """
    A real message in which one value is any other JSON gets an answer.
    """
    case = golden.load(name)
    try:
        body = json.loads(case.message.payload)
    except ValueError:
        return
    places = list(walk(body))
    if not places:
        return
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(JSON_VALUES)
    message = Message(
        topic=case.message.topic,
        payload=json.dumps(body).encode(),
        arrived_us=golden.ARRIVED_US,
        reader=case.message.reader,
    )
    try:
        check(ADAPTERS[message.reader.format](message))
    except BadMessage as exc:
        check(exc)


def walk(value: object) -> Iterator[tuple[Any, Any]]:
    """Every (holder, key) inside a JSON value."""
    if isinstance(value, dict | list):
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from walk(inner)


BOMBS = {
    "nested_arrays": b"[" * 100_000,
    "nested_objects": b'{"a":' * 100_000,
    "nested_in_unknown_field": b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested_in_reads": b'{"reads":' + b"[" * 100_000,
    "too_long": b" " * (MESSAGE_BYTES_MAX + 1),
    "ten_megabytes": b'{"reads":[' + b"1," * 5_000_000 + b"1]}",
    "long_number": b'{"reads":[{"seen_us":' + b"9" * 5_000 + b',"epc":"AB"}]}',
    "long_number_4000": b'{"reads":[{"seen_us":' + b"9" * 4_000 + b',"epc":"AB"}]}',
    "infinity": b'{"reads":[{"seen_us":1,"epc":"AB","rssi_dbm":1e999}]}',
    "nan": b'{"reads":[{"seen_us":1,"epc":"AB","rssi_dbm":NaN}]}',
    "lone_surrogate": b'{"reads":[{"seen_us":1,"epc":"\\ud800"}]}',
    "not_utf8": b'{"reads":[{"seen_us":1,"epc":"\xff\xfe"}]}',
    "nul": b'{"reads":[{"seen_us":1,"epc":"AB\\u0000"}]}',
    "byte_order_mark": b"\xef\xbb\xbf{}",
    "utf16": '{"reads":[]}'.encode("utf-16"),
    "many_numbers": b"[" + b"0," * 500_000 + b"0]",
    "many_empty_objects": b"[" + b"{}," * 300_000 + b"{}]",
    "many_bad_reads": b'{"reads":[' + b"{}," * 19_000 + b"{}]}",
    "too_many_reads": b'{"reads":[' + b"{}," * ITEMS_MAX + b"{}]}",
    "columns_of_bad": b'{"columns":{"seen_us":[' + b"0," * 19_000 + b'0],"epc":[' + b'"",' * 19_000 + b'""]}}',
    "long_text": b"a" * 1_000_000,
    "null": b"null",
    "true": b"true",
    "string": b'"reads"',
    "number": b"17",
    "empty_object": b"{}",
    "null_byte": b"\0",
    "truncated": b'{"reads":[{"seen_us":1795298412820000,"epc":"3074257BF7',
}


@pytest.mark.parametrize("form", list(ReaderFormat))
@pytest.mark.parametrize("bomb", list(BOMBS))
def test_decode_bomb(form: ReaderFormat, bomb: str) -> None:
    """
    A payload that is made to break a parser yields no read and is over soon.
    """
    found = answer(form, BOMBS[bomb])
    check(found)
    assert isinstance(found, BadMessage) or len(found.reads) == 0


def test_decode_duplicate_key_last_wins() -> None:
    """
    Of two values under one key the last counts, as in all JSON parsers around us.
    """
    found = answer(ReaderFormat.NATIVE, b'{"reads":[{"seen_us":1,"seen_us":2,"epc":"AA","epc":"AB"}]}')
    assert isinstance(found, Decoded)
    assert golden.plain(found) == {"reads": [{"raw_us": 2, "epc": "AB"}]}


def test_decode_too_long_is_refused_unseen() -> None:
    """
    A message over the limit is refused by its length, before anything looks into it.
    """
    for form in ReaderFormat:
        assert "bytes; at most" in str(answer(form, b"{" * (MESSAGE_BYTES_MAX + 1)))


def naughty_strings() -> list[str]:
    """Strings that are known to break programs."""
    path = FIXTURES / "blns" / "resources" / "blns.json"
    assert path.exists(), INSTALL
    found: list[str] = json.loads(path.read_text())
    return found


def json_cases() -> list[tuple[str, bytes]]:
    """JSONTestSuite: names that begin with y are JSON, with n are not, with i may be either."""
    path = FIXTURES / "json-test-suite" / "data" / "parsing.js"
    assert path.exists(), INSTALL
    text = path.read_text().partition("export default ")[2].strip().removesuffix(";")
    return [(case["name"], case["input"].encode("utf-8", "surrogatepass")) for case in json.loads(text)]


@pytest.mark.parametrize("form", list(ReaderFormat))
def test_decode_naughty_strings(form: ReaderFormat) -> None:
    """
    A naughty string gets an answer wherever a reader may put text, and as a message of its own.
    """
    for text in naughty_strings():
        for key in ("epc", "idHex", "boot", "message", "antenna", "sensor", "type", "timestamp", "state", "status"):
            inner = {"seen_us": 1, "epc": "AB", "value": 1, "sensor": "s", "quantity": "q", key: text}
            body = {
                "reads": [inner],
                "readings": [inner],
                "data": inner,
                "tagInventoryEvent": inner,
                "timestamp": "x",
                key: text,
            }
            check(answer(form, json.dumps(body).encode()))
        check(answer(form, text.encode("utf-8", "surrogatepass")))
        check(
            answer(
                form,
                json.dumps({"readings": [{"seen_us": 1, "value": 1, "sensor": text, "quantity": text}]}).encode(),
                "sensor",
            )
        )
        check(answer(form, json.dumps({"event": "warning", "message": text}).encode(), "events"))


@pytest.mark.parametrize("form", list(ReaderFormat))
def test_decode_json_test_suite(form: ReaderFormat) -> None:
    """
    What isn't JSON is a bad message or, from vendors that say so, plain words; it never holds a read.
    """
    for name, payload in json_cases():
        found = answer(form, payload)
        check(found)
        assert isinstance(found, BadMessage) or len(found.reads) == 0, name


def test_decode_keeps_reads_beside_any_legal_json() -> None:
    """
    A field that we don't know may hold any legal JSON: the reads beside it count.
    """
    for name, payload in json_cases():
        if name.startswith("y_"):
            found = answer(ReaderFormat.NATIVE, b'{"reads":[{"seen_us":1,"epc":"AB"}],"extra":' + payload + b"}")
            assert isinstance(found, Decoded), name
            assert len(found.reads) == 1
