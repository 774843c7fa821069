"""The map of a reader that speaks some other JSON."""

from typing import Any

import pytest

from core.site import Reader, ReaderFormat
from ingest.adapters import ADAPTERS, BadMessage, Message, check_hints, check_mapping
from tests import golden

RIGHT: dict[str, Any] = {"epc": "epc", "time": "at"}


def mapped(mapping: dict[str, Any], payload: bytes) -> dict[str, Any]:
    """What a payload becomes by a map."""
    reader = Reader(id="r", name="r", format=ReaderFormat.MAPPED, mapping=mapping)
    message = Message(topic="t", payload=payload, arrived_us=golden.ARRIVED_US, reader=reader)
    return golden.plain(ADAPTERS[ReaderFormat.MAPPED](message))


@pytest.mark.parametrize("name", [n for n in golden.names() if n.startswith("mapped/")])
def test_check_mapping_right(name: str) -> None:
    """
    The maps of all examples have no problem.
    """
    assert check_mapping(golden.load(name).message.reader.mapping) == []


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ({}, "mapping: neither `epc` nor `sensors` is there; say where one of them stands"),
        ({"epc": "epc"}, "mapping: `time` is not there; without the reader's own time a redelivery can't be told"),
        (RIGHT | {"rsi": "x"}, "mapping: object contains unknown field `rsi`"),
        (RIGHT | {"time_format": "min"}, "mapping.time_format: invalid enum value 'min'"),
        (RIGHT | {"rssi_unit": "mw"}, "mapping.rssi_unit: invalid enum value 'mw'"),
        (RIGHT | {"antennas": {"East": 0}}, "mapping.antennas[...]: expected `int` >= 1"),
        (RIGHT | {"status": {}}, "mapping.status: object missing required field `path`"),
        (RIGHT | {"epc": 7}, "mapping.epc: expected `str | null`, got `int`"),
    ],
)
def test_check_mapping_wrong(mapping: dict[str, Any], problem: str) -> None:
    """
    Each mistake is named with its key.
    """
    assert check_mapping(mapping) == [problem]


@pytest.mark.parametrize("path", ["", ".", "a..b", ".a", "a.", "$."])
def test_check_mapping_path_that_is_none(path: str) -> None:
    """
    A path is names with dots between.
    """
    assert check_mapping(RIGHT | {"rssi": path}) != []


def test_check_hints_of_other_formats() -> None:
    """
    An Impinj reader may have names of antennas and sectors, and nothing else.
    """
    assert check_hints({"antennas": {"left": 1}, "inside_sectors": ["dock-in"]}) == []
    assert check_hints({"epc": "epc"}) == ["mapping: object contains unknown field `epc`"]


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("s", b"1795298412.82"),
        ("s", b'"1795298412.82"'),
        ("ms", b"1795298412820"),
        ("ms", b'"1795298412820"'),
        ("us", b"1795298412820000"),
        ("ns", b"1795298412820000999"),
        ("iso", b'"2026-11-21T22:00:12.82Z"'),
    ],
)
def test_mapped_time_formats(form: str, value: bytes) -> None:
    """
    Every time format comes to the same microsecond.
    """
    found = mapped(RIGHT | {"time_format": form}, b'{"epc":"AB","at":' + value + b"}")
    assert found == {"reads": [{"raw_us": 1_795_298_412_820_000, "epc": "AB"}]}


@pytest.mark.parametrize(
    ("key", "unit", "value", "expected"),
    [
        ("rssi", "cdbm", b"-5234", {"rssi_dbm": -52.34}),
        ("rssi", "dbm", b'"-52.34"', {"rssi_dbm": -52.34}),
        ("frequency", "hz", b"865700000", {"channel_mhz": 865.7}),
        ("frequency", "khz", b"865700", {"channel_mhz": 865.7}),
        ("frequency", "mhz", b"865.7", {"channel_mhz": 865.7}),
        ("phase", "rad", b"3.14159265358979", {"phase_deg": 180.0}),
        ("phase", "deg", b"-90", {"phase_deg": 270.0}),
    ],
)
def test_mapped_units(key: str, unit: str, value: bytes, expected: dict[str, float]) -> None:
    """
    Each unit becomes ours, as a number or as a number in quotes.
    """
    mapping = RIGHT | {"time_format": "us", key: "x", f"{key}_unit": unit}
    assert mapped(mapping, b'{"epc":"AB","at":1,"x":' + value + b"}")["reads"] == [
        {"raw_us": 1, "epc": "AB"} | expected
    ]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"at":1}', "epc: is not there"),
        (b'{"at":1,"epc":5}', "epc: is not text"),
        (b'{"epc":"AB"}', "at: is not there"),
        (b'{"epc":"AB","at":true}', "at: a bool is not a number"),
        (b'{"epc":"AB","at":"1_0"}', "at: '1_0' is not a number"),
        (b'{"epc":"AB","at":"nan"}', "at: 'nan' is not a number"),
        (b'{"epc":"AB","at":1e30}', "at: the number is too large"),
        (b'{"epc":"AB","at":1,"x":-500}', "rssi_dbm: -500 lies outside -200..100"),
        (b'{"epc":"AB","at":1,"c":1.5}', "c: 1.5 is not a whole number"),
    ],
)
def test_mapped_bad_read_is_quarantined(payload: bytes, reason: str) -> None:
    """
    A read that the map can't make sense of is left out, with its place and what is wrong.
    """
    mapping = RIGHT | {"time_format": "us", "rssi": "x", "count": "c"}
    assert mapped(mapping, payload) == {"quarantined": [reason]}


def test_mapped_wrong_map_is_a_bad_message() -> None:
    """
    A map that nobody checked makes dead letters that say so, and no crash.
    """
    with pytest.raises(BadMessage, match="the reader's mapping"):
        mapped({"epc": 7}, b"{}")
