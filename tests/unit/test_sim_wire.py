"""
What the simulated readers say is what their makers document: checked against the makers' own schemas.
"""

import base64
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import numpy as np
import pytest
from epcpy.utils.parsers import hex_to_tag_encodable

from firmware_sim.arrays import Indices
from firmware_sim.epcs import factory, grai, gtin, sgtin, sscc, to_hex
from firmware_sim.impinj import ImpinjFirmware
from firmware_sim.native import HEADER, READS_MAX, RECORD, NativeFirmware
from firmware_sim.outgoing import Health, Outgoing, utc
from firmware_sim.plan import Firmware, ReaderPlan, Style
from firmware_sim.products import products
from firmware_sim.zebra import FORGET_AFTER_S, ZebraFirmware
from firmware_sim.zebra_atr import DirectionalityFirmware
from tests.sim_runs import START_US, reads

ROOT = Path(__file__).parent.parent.parent
VENDOR = Path(os.environ.get("TALLYPORT_SHARED") or ROOT.parent / "shared") / "vendor"
EPC = "3074257BF7194E4000001A85"
HEALTH = Health(up_since_us=START_US - 3_723_000_000, connected={1: True, 2: False}, buffered=3, purged=4)
MODES: tuple[Style, ...] = ("SIMPLE", "INVENTORY", "CONVEYOR", "PORTAL", "CUSTOM")


def epcs(tags: Indices) -> list[str]:
    """Give every tag an EPC that ends with its number."""
    return [f"{EPC[:-4]}{tag:04X}" for tag in tags.tolist()]


def plan(firmware: Firmware, style: Style, *, newer: bool = False) -> ReaderPlan:
    """A reader for these tests."""
    return ReaderPlan(
        id="dock-1", name="Dock 1", firmware=firmware, style=style, topic_root=f"{firmware}/dock-1", newer=newer
    )


def check_zebra(document: str, schema: str, messages: list[Outgoing]) -> list[dict[str, Any]]:
    """Hold messages against one of Zebra's schemas; gives what is in them."""
    openapi = json.loads((VENDOR / f"{document}.openapi.json").read_text())
    # Of gpi and gpo, and of error and warning, the bodies are alike: "one of" can't be meant.
    data = openapi["components"]["schemas"][schema]["properties"]["data"]
    data["anyOf"] = data.pop("oneOf")
    validator = jsonschema.Draft4Validator({**openapi, "$ref": f"#/components/schemas/{schema}"})
    bodies: list[dict[str, Any]] = []
    for message in messages:
        body = msgspec.json.decode(message.payload)
        bodies += body if isinstance(body, list) else [body]
    for body in bodies:
        validator.validate(body)
    return bodies


def check_impinj(messages: list[Outgoing]) -> list[dict[str, Any]]:
    """Hold messages against Impinj's ReaderEvent; gives what is in them."""
    swagger = json.loads((VENDOR / "impinj_iot_device_api_1_5_0.swagger.json").read_text())
    validator = jsonschema.Draft4Validator({**swagger, "$ref": "#/definitions/ReaderEvent"})
    bodies = [msgspec.json.decode(message.payload) for message in messages]
    for body in bodies:
        validator.validate(body)
    return bodies


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_zebra_tag_data_is_as_the_schema_says(mode: Style, *, newer: bool) -> None:
    """
    In each operating mode the envelope, the names, the types and the spelling of time and hex are Zebra's.
    """
    reader = ZebraFirmware(plan("zebra", mode, newer=newer), epcs)
    reader.gpi(1, START_US, low=True)
    told = reader.reads(reads([1, 2], [1, 2], [-60.4, -70.0], [START_US, START_US + 5_000]), START_US + 100_000)
    data = [message for message in told if message.reads]
    bodies = check_zebra("zebra_tag_data_events", "tagDataEvents", data)
    assert [message.reads for message in data] == [2]
    assert {mode} == {body["type"] for body in bodies}
    assert [body["data"]["eventNum"] for body in bodies] == [1, 2]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", body["timestamp"]) for body in bodies)
    assert all(re.fullmatch("[0-9a-f]{24}", body["data"]["idHex"]) for body in bodies)


@pytest.mark.parametrize(
    ("mode", "fields"),
    [
        ("SIMPLE", {"eventNum", "format", "idHex"}),
        ("CONVEYOR", {"eventNum", "format", "idHex", "antenna"}),
        ("INVENTORY", {"eventNum", "format", "idHex", "antenna", "peakRssi", "reads"}),
    ],
)
def test_zebra_mode_tells_the_fields_of_the_live_captures(mode: Style, fields: set[str]) -> None:
    """
    Each mode tells by default what captured readers told in it; a single read is one object.
    """
    reader = ZebraFirmware(plan("zebra", mode, newer=True), epcs)
    (message, *_) = reader.reads(reads([1], [1], [-60.4], [START_US]), START_US)
    body = json.loads(message.payload)
    assert fields == set(body["data"])
    assert list(body) == ["data", "timestamp", "type"]
    if mode == "INVENTORY":
        assert body["data"]["peakRssi"] == -60


def test_zebra_modes_tell_a_tag_again_by_their_own_rules() -> None:
    """
    SIMPLE tells a tag once; CONVEYOR once for each antenna, and again after a long time; a portal only when triggered.
    """
    again_us = START_US + 1_000_000
    later_us = again_us + int(FORGET_AFTER_S * 1e6) + 1_000_000
    visits = [([1], [1], START_US), ([1], [2], START_US + 10), ([1], [1], again_us), ([1], [1], later_us)]

    def counts(mode: Style) -> list[int]:
        reader = ZebraFirmware(plan("zebra", mode), epcs)
        lots = [reader.reads(reads(tag, port, [-60.0], [at_us]), at_us) for tag, port, at_us in visits]
        return [sum(message.reads for message in lot) for lot in lots]

    assert counts("SIMPLE") == [1, 0, 0, 0]
    assert counts("CONVEYOR") == [1, 1, 0, 1]
    assert counts("PORTAL") == [0, 0, 0, 0]
    assert counts("INVENTORY") == [1, 1, 1, 1]


@pytest.mark.parametrize("newer", [False, True])
def test_zebra_management_events_are_as_the_schema_says(*, newer: bool) -> None:
    """
    Heartbeats in both shapes, inputs, and sentences about antennas pass Zebra's schema and count up.
    """
    reader = ZebraFirmware(plan("zebra", "INVENTORY", newer=newer), epcs)
    told = [
        *reader.heartbeat(START_US, HEALTH),
        *reader.gpi(1, START_US, low=True),
        *reader.antenna(2, START_US, connected=False),
        *reader.antenna(2, START_US, connected=True),
        *reader.overflow(5, 6, (START_US, START_US), START_US),
    ]
    bodies = check_zebra("zebra_management_events", "async-events", told)
    assert [body["type"] for body in bodies] == ["heartbeat", "gpi", "error", "warning", "warning"]
    assert [body["eventNum"] for body in bodies] == [1, 2, 3, 4, 5]
    assert bodies[1]["data"] == {"pin": 1, "state": "LOW"}
    gateway = bodies[0]["data"]["reader_gateway"]
    path = gateway["dataPathStatistics"][0] if newer else gateway
    assert (path["numDataMessagesRetained"], path["numDataMessagesDropped"]) == (3, 4)
    assert ("systemtime" if newer else "systemTime") in bodies[0]["data"]["system"]
    assert bodies[0]["data"]["radio_control"]["uptime"] == "1:02:03"


def test_zebra_reader_tells_beacons_that_are_no_reads() -> None:
    """
    Newer firmware puts Bluetooth beacons on the data topic now and then, with a colon in the zone.
    """
    reader = ZebraFirmware(plan("zebra", "INVENTORY", newer=True), epcs)
    _, beacon = reader.reads(reads([1], [1], [-60.0], [START_US]), START_US)
    body = json.loads(beacon.payload)
    assert (beacon.reads, body["type"]) == (0, "BLE_DATA")
    assert body["timestamp"].endswith("+00:00")


def test_zebra_reader_answers_commands() -> None:
    """
    set_gpo succeeds and is told as an event, get_status tells numbers as strings, nonsense fails with a code.
    """
    reader = ZebraFirmware(plan("zebra", "INVENTORY"), epcs)
    asked = b'{"command":"set_gpo","command_id":"7","payload":{"port":1,"state":true}}'
    answer, event = reader.answer(asked, START_US)
    assert json.loads(answer.payload) == {
        "command": "set_gpo",
        "command_id": "7",
        "response": "success",
        "payload": {},
    }
    assert answer.topic == "zebra/dock-1/ctrl/res"
    check_zebra("zebra_management_events", "async-events", [event])
    (status,) = reader.answer(b'{"command":"get_status","command_id":"8","payload":{}}', START_US)
    assert json.loads(status.payload)["payload"]["cpu"] == {"user": "9", "system": "4"}
    led = b'{"command":"set_appled","command_id":"9","payload":{"color":"red","seconds":10,"flash":true}}'
    assert json.loads(reader.answer(led, START_US)[0].payload)["response"] == "success"
    for nonsense in (b"{", b'{"command":"dance","payload":{}}', b'{"command":"set_gpo","payload":{"port":1}}'):
        (failure,) = reader.answer(nonsense, START_US)
        assert json.loads(failure.payload)["payload"]["code"] == 1


def walk_through(*, newer: bool) -> list[Outgoing]:
    """A tag is carried in past an ATR7000: first the outer antennas hear it better, then the inner ones."""
    reader = DirectionalityFirmware(plan("zebra", "DIRECTIONALITY", newer=newer), epcs)
    told = []
    for step in range(20):
        at_us = START_US + step * 200_000
        level = -50.0 - abs(step - 4) * 1.5, -50.0 - abs(step - 14) * 1.5
        told += reader.reads(reads([1, 1], [3, 1], [*level], [at_us, at_us + 1_000]), at_us)
    return told + reader.heartbeat(START_US + 60_000_000, HEALTH)


def test_directionality_follows_a_tag_through_the_door() -> None:
    """
    NEW, updates, one transition, and at last TIMED_OUT with the direction; all as the schema says.
    """
    told = [message for message in walk_through(newer=True) if message.topic.endswith("/data")]
    bodies = check_zebra("zebra_tag_data_events", "tagDataEvents", told)
    states = [body["data"]["state"] for body in bodies]
    assert states[0] == "NEW"
    assert states[-1] == "TIMED_OUT"
    assert states.count("TRANSITION") == 1
    assert bodies[-1]["data"]["direction"] == "IN"
    assert [1] * (len(told) - 1) + [0] == [message.reads for message in told]


def test_directionality_of_older_firmware_tells_histories_as_arrays() -> None:
    """
    Both shapes of the histories exist; the older one is arrays of numbers.
    """
    told = [message for message in walk_through(newer=False) if message.topic.endswith("/data")]
    history = json.loads(told[-1].payload)["data"]["zoneHistory"]
    assert [zone for _, zone in history] == [3, 1]
    assert history[0][0] == START_US // 1_000


@pytest.mark.parametrize("newer", [False, True])
def test_impinj_events_are_as_the_schema_says(*, newer: bool) -> None:
    """
    Each message is one ReaderEvent with one event in it; EPCs come in base64url, levels in 1/100 dBm, channels in kHz.
    """
    reader = ImpinjFirmware(plan("impinj", "events", newer=newer), epcs)
    told = [
        *reader.reads(reads([0x1A85], [2], [-52.34], [START_US]), START_US + 40_000),
        *reader.heartbeat(START_US, HEALTH),
        *reader.antenna(2, START_US, connected=False),
        *reader.antenna(2, START_US, connected=True),
        *reader.overflow(5, 6, (START_US, START_US), START_US),
    ]
    bodies = check_impinj(told)
    read = bodies[0]["tagInventoryEvent"]
    assert read["epc"] == "MHQle_cZTkAAABqF"
    assert (EPC if newer else None) == read.get("epcHex")
    assert (read["antennaPort"], read["peakRssiCdbm"]) == (2, -5234)
    assert read["lastSeenTime"] == utc(START_US, "Z", 6)
    assert newer == ("hostname" in bodies[0])
    assert bodies[1]["inventoryStatusEvent"] == {"status": "running"}


def test_impinj_words_on_the_will_topic_are_plain_text() -> None:
    """
    Connection and last will are free text; there are no inputs and no commands over MQTT.
    """
    reader = ImpinjFirmware(plan("impinj", "events"), epcs)
    assert (reader.will().topic, reader.will().payload) == ("impinj/dock-1/will", b"connection lost")
    assert reader.birth(START_US, HEALTH)[0].payload == b"connected"
    assert reader.gpi(1, START_US, low=True) == []
    assert reader.command_topic() == ""
    direction = json.loads(reader.direction(EPC, ("in", START_US), ("out", START_US), START_US).payload)
    assert direction["directionEvent"]["lastSeen"]["sector"] == "out"


@pytest.mark.parametrize("style", ["rows", "columns", "binary"])
def test_native_forms_carry_the_same_reads(style: Style) -> None:
    """
    Rows, columns and records tell the same times, EPCs, antennas and levels, and number their messages from nought.
    """
    reader = NativeFirmware(plan("native", style), "demo", epcs, boot=0xA41F)
    lot = reads([1, 2], [1, 4], [-61.5, -70.0], [START_US, START_US + 7])
    first, second = reader.reads(lot, START_US)[0], reader.reads(lot, START_US)[0]
    assert first.topic == "tallyport/v1/demo/dock-1/reads"
    rows = native_rows(first.payload)
    assert [(START_US, epcs(lot.tag)[0], 1, -61.5), (START_US + 7, epcs(lot.tag)[1], 4, -70.0)] == rows[0]
    assert (rows[1], native_rows(second.payload)[1]) == ([0xA41F, 0], [0xA41F, 1])


def native_rows(payload: bytes) -> tuple[list[tuple[Any, ...]], list[int]]:
    """Read any of the three forms by docs/wire.md: the reads, then boot and seq."""
    if payload[:4] == b"TPR1":
        head = np.frombuffer(payload[: HEADER.itemsize], HEADER)[0]
        body = np.frombuffer(payload[HEADER.itemsize :], RECORD)
        assert (24, 40, head["n"]) == (HEADER.itemsize, RECORD.itemsize, body.size)
        hexes = [payload[24 + 40 * i + 8 : 24 + 40 * i + 20].hex().upper() for i in range(body.size)]
        columns = body["seen_us"].tolist(), hexes, body["antenna"].tolist(), (body["rssi_cdbm"] / 100).tolist()
        return list(zip(*columns, strict=True)), [int(head["boot"]), int(head["seq"])]
    told = json.loads(payload)
    table = told.get("columns") or {name: [row[name] for row in told["reads"]] for name in told["reads"][0]}
    rows = list(zip(*(table[name] for name in ("seen_us", "epc", "antenna", "rssi_dbm")), strict=True))
    return rows, [int(told["boot"], 16), told["seq"]]


def test_native_message_carries_no_more_than_its_limit() -> None:
    """
    Many reads are told in several messages.
    """
    reader = NativeFirmware(plan("native", "binary"), "demo", epcs, boot=1)
    many = 2 * READS_MAX + 1
    told = reader.reads(reads([1] * many, [1] * many, [-60.0] * many, [START_US] * many), START_US)
    assert [message.reads for message in told] == [READS_MAX, READS_MAX, 1]


def test_native_status_will_events_and_sensors_are_as_the_wire_says() -> None:
    """
    Birth and will are retained status messages; inputs and sensors have the documented keys.
    """
    reader = NativeFirmware(replace(plan("native", "rows"), heartbeat_s=5.0), "demo", epcs, boot=0xA41F)
    (birth,) = reader.birth(START_US, HEALTH)
    will = reader.will()
    assert (birth.retain, will.retain) == (True, True)
    assert json.loads(will.payload) == {"v": 1, "status": "offline"}
    told = json.loads(birth.payload)
    assert told["antennas"] == {"1": "connected", "2": "disconnected"}
    assert tuple(told[key] for key in ("status", "boot", "heartbeat_s", "buffered", "purged")) == (
        "online",
        "a41f",
        5,
        3,
        4,
    )
    (gpi,) = reader.gpi(1, START_US, low=True)
    assert json.loads(gpi.payload) == {"v": 1, "seen_us": START_US, "event": "gpi", "port": 1, "state": "low"}
    (sensors,) = reader.sensors([("temp-1", "temperature_c", 4.2)], START_US)
    assert json.loads(sensors.payload)["readings"][0]["quantity"] == "temperature_c"


def test_native_reader_answers_commands() -> None:
    """
    A command is answered on resp, and an output that was set is told as an event.
    """
    reader = NativeFirmware(plan("native", "rows"), "demo", epcs, boot=1)
    answer, event = reader.answer(b'{"command":"set_gpo","command_id":"7","port":2,"state":true}', START_US)
    assert (json.loads(answer.payload)["response"], json.loads(answer.payload)["command_id"]) == ("success", "7")
    assert tuple(json.loads(event.payload)[key] for key in ("event", "port", "state")) == ("gpo", 2, "high")
    for nonsense in (b"{", b'{"command":"dance"}'):
        (failure,) = reader.answer(nonsense, START_US)
        assert json.loads(failure.payload)["response"] == "failure"


def test_epcs_are_those_of_the_tag_data_standard() -> None:
    """
    What the simulator encodes, an independent decoder reads as the same numbers.
    """
    one = np.array([6_789], np.uint64)

    def uri(pair: tuple[Any, Any]) -> str:
        return str(hex_to_tag_encodable(to_hex(int(pair[0][0]), int(pair[1][0]))).epc_uri)

    assert uri(sgtin(0, one, case=False)) == "urn:epc:id:sgtin:0614141.100000.6789"
    assert uri(sgtin(1, one, case=True)) == "urn:epc:id:sgtin:0952114.100131.6789"
    assert uri(sscc(one)) == "urn:epc:id:sscc:0614141.0000006789"
    assert uri(grai(one)) == "urn:epc:id:grai:0614141.12345.6789"
    assert to_hex(*(int(half[0]) for half in factory(one))).startswith("E2806894")


def test_products_have_gtins_with_right_check_digits() -> None:
    """
    Each product has a GTIN-14 of its own.
    """
    everything = products()
    assert len({product.gtin for product in everything}) == len(everything)
    for product in everything:
        weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(product.gtin))
        assert (len(product.gtin), weighted % 10) == (14, 0)
    assert gtin(0) == "10614141000002"


def test_base64url_of_an_epc_has_no_padding() -> None:
    """
    Twelve bytes make sixteen characters.
    """
    reader = ImpinjFirmware(plan("impinj", "events"), epcs)
    (told,) = reader.reads(reads([3], [1], [-60.0], [START_US]), START_US)
    text = json.loads(told.payload)["tagInventoryEvent"]["epc"]
    assert len(text) == 16
    assert base64.urlsafe_b64decode(text).hex().upper() == epcs(np.array([3], np.int32))[0]
