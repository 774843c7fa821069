"""Bad reads beside good ones: the good are kept, the bad counted to the last, and no message takes long over it."""

import gc
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from core.site import Reader, ReaderFormat
from ingest.adapters import ADAPTERS, Decoded, Message
from ingest.adapters.payload import KINDS_MAX, OTHERS, REASONS_MAX
from tests import golden

BAD = 500
GOOD = 20
SECONDS_MAX = 0.005
RUNS = 12
"""The fastest of them is ours; the others are somebody else's use of the same processor."""
AT_US = 1_795_298_412_820_000
AT = "2026-11-21T22:00:12.82Z"
ALL_MAPPED = {
    "reads": "reads",
    "epc": "epc",
    "time": "seen_us",
    "time_format": "us",
    "antenna": "antenna",
    "rssi": "rssi_dbm",
    "count": "count",
    "direction": {"path": "direction"},
}
ISO_MAPPED = {"reads": "reads", "epc": "epc", "time": "at", "antenna": "antenna", "rssi": "rssi_dbm"}
Faults = dict[str, object]
Make = Callable[[int, Faults], object]


def epc(i: int) -> str:
    """An SGTIN-96 with this serial number."""
    return f"3034257BF7194E40{i:08X}"


def row(i: int, faults: Faults) -> object:
    """A read in our own words, with some of them replaced."""
    return {"seen_us": AT_US + i, "at": AT, "epc": epc(i), "antenna": 1, "rssi_dbm": -50.0, "count": 1} | faults


def impinj(i: int, faults: Faults) -> object:
    """An Impinj tag event."""
    event = {"epcHex": epc(i), "antennaPort": 1, "peakRssiCdbm": -5000} | faults
    return {"timestamp": event.pop("timestamp", AT), "tagInventoryEvent": event}


def zebra(i: int, faults: Faults) -> object:
    """A Zebra tag event."""
    data = {"idHex": epc(i), "antenna": 1, "peakRssi": -50} | faults
    return {"type": "SIMPLE", "timestamp": data.pop("timestamp", AT), "data": data}


def sent(form: ReaderFormat, items: list[object], mapping: dict[str, Any]) -> Message:
    """A message with these items in it."""
    body: object = {"reads": items} if form in {ReaderFormat.NATIVE, ReaderFormat.MAPPED} else items
    reader = Reader(id="r", name="r", format=form, mapping=mapping)
    topic = "tallyport/v1/demo/r/reads"
    return Message(topic=topic, payload=json.dumps(body).encode(), arrived_us=golden.ARRIVED_US, reader=reader)


def seconds(message: Message) -> float:
    """What the answer costs of the processor: the least of some runs, without the collector's work."""
    took_s = []
    gc.collect()
    gc.disable()  # a collection looks through all that a thousand tests have left: that is no time of the adapter's
    try:
        for _ in range(RUNS):
            began = time.thread_time()
            ADAPTERS[message.reader.format](message)
            took_s.append(time.thread_time() - began)
    finally:
        gc.enable()
    return min(took_s)


def decoded(message: Message) -> Decoded:
    """What the message says."""
    return ADAPTERS[message.reader.format](message)


N, M, R, Z = ReaderFormat.NATIVE, ReaderFormat.MAPPED, ReaderFormat.IMPINJ, ReaderFormat.ZEBRA
CASES: dict[str, tuple[ReaderFormat, dict[str, Any], Make, Faults, str]] = {
    "native_epc": (N, {}, row, {"epc": "xyz"}, "epc: '' is not hex"),
    "native_time": (N, {}, row, {"seen_us": "noon"}, "seen_us: expected `int`, got `str`"),
    "native_rssi": (N, {}, row, {"rssi_dbm": 1e9}, "rssi_dbm: expected `float` <= 100.0"),
    "mapped_epc": (M, ALL_MAPPED, row, {"epc": "xyz"}, "epc: '' is not hex"),
    "mapped_no_epc": (M, ALL_MAPPED, row, {"epc": None}, "epc: is not there"),
    "mapped_long_epc": (M, ALL_MAPPED, row, {"epc": "A" * 200}, "epc: has 200 hex digits; an EPC has 2 to 124"),
    "mapped_time": (M, ALL_MAPPED, row, {"seen_us": "noon"}, "seen_us: '' is not a number"),
    "mapped_iso": (M, ISO_MAPPED, row, {"at": "noon"}, "at: '' is not an ISO 8601 time"),
    "mapped_antenna": (M, ALL_MAPPED, row, {"antenna": -1}, "antenna: -1 lies outside 0..32767"),
    "mapped_rssi": (M, ALL_MAPPED, row, {"rssi_dbm": 1e9}, "rssi_dbm: 1000000000 lies outside -200..100"),
    "mapped_count": (M, ALL_MAPPED, row, {"count": "x"}, "count: '' is not a number"),
    "impinj_epc": (R, {}, impinj, {"epcHex": None, "epc": "?!"}, "epc: '' is not base64"),
    "impinj_hex": (R, {}, impinj, {"epcHex": "xyz"}, "epc: '' is not hex"),
    "impinj_no_epc": (
        R,
        {},
        impinj,
        {"epcHex": None},
        "epc: neither epc nor epcHex is there; switch one on in the reader",
    ),
    "impinj_time": (R, {}, impinj, {"timestamp": "noon"}, "timestamp: '' is not an ISO 8601 time"),
    "impinj_port": (R, {}, impinj, {"antennaPort": -1}, "tagInventoryEvent.antennaPort: expected `int` >= 0"),
    "zebra_epc": (Z, {}, zebra, {"idHex": "xyz"}, "data.idHex: '' is not hex"),
    "zebra_time": (Z, {}, zebra, {"timestamp": "noon"}, "timestamp: '' is not an ISO 8601 time"),
    "zebra_rssi": (Z, {}, zebra, {"peakRssi": 1e9}, "data.peakRssi: expected `float` <= 100.0"),
}


@pytest.mark.parametrize("case", list(CASES))
def test_bad_reads_are_answered_within_5_ms(case: str) -> None:
    """
    Hundreds of bad reads in one message hold up nobody.
    """
    form, mapping, make, faults, _ = CASES[case]
    message = sent(form, [make(i, faults) for i in range(BAD)], mapping)
    assert seconds(message) < SECONDS_MAX


@pytest.mark.parametrize("case", list(CASES))
def test_bad_reads_are_counted_and_good_ones_kept(case: str) -> None:
    """
    However many are bad, each is counted under what was wrong with it, and every good read is there.
    """
    form, mapping, make, faults, kind = CASES[case]
    every = (BAD + GOOD) // GOOD
    items = [make(i, {} if i % every == 0 else faults) for i in range(BAD + GOOD)]
    found = decoded(sent(form, items, mapping))
    assert (len(found.reads), found.bad, found.refused) == (GOOD, BAD, {kind: BAD})
    assert golden.plain(found)["reads"][1]["epc"] == epc(every)


def test_bad_reads_the_first_are_told_in_full() -> None:
    """
    Each of the first reasons has its place and the value that was wrong.
    """
    items = [row(i, {"epc": f"x{i}"} if i % 2 else {"rssi_dbm": "loud"}) for i in range(BAD)]
    found = decoded(sent(M, items, ALL_MAPPED))
    assert len(found.quarantined) == REASONS_MAX
    assert found.quarantined[:2] == ["reads[0].rssi_dbm: 'loud' is not a number", "reads[1].epc: 'x1' is not hex"]
    assert found.refused == {"rssi_dbm: '' is not a number": BAD // 2, "epc: '' is not hex": BAD // 2}


def test_bad_reads_of_too_many_kinds_are_others() -> None:
    """
    So many kinds of reasons are told apart; what is bad in yet another way is counted all the same.
    """
    items = [row(i, {"count": i + 0.5}) for i in range(BAD)]
    found = decoded(sent(M, items, ALL_MAPPED))
    assert (found.bad, len(found.refused)) == (BAD, KINDS_MAX + 1)
    assert found.refused[OTHERS] == BAD - KINDS_MAX
