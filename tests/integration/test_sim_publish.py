"""
The simulator against real brokers: what it says that it published is what a subscriber received.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from firmware_sim.faults import Fault
from firmware_sim.run import Config, Progress, Simulation
from firmware_sim.shipment import Shipment


class Ears:
    """Everything that a broker delivers, by topic."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []

    def reads(self) -> int:
        """How many tag reads are in what was heard."""
        return sum(_reads_in(topic, payload) for topic, payload in self.heard)

    def on(self, level: str) -> list[bytes]:
        """Payloads on topics that end so."""
        return [payload for topic, payload in self.heard if topic.endswith(f"/{level}")]


def _reads_in(topic: str, payload: bytes) -> int:
    if payload[:4] == b"TPR1":
        return int.from_bytes(payload[4:8], "little")
    if not topic.endswith(("/reads", "/data", "/events")):
        return 0
    body = msgspec.json.decode(payload)
    if isinstance(body, list):
        return len(body)
    if topic.endswith("/reads"):
        return len(body["reads"] if "reads" in body else body["columns"]["seen_us"])
    zebra = topic.endswith("/data") and body["type"] != "BLE_DATA" and body["data"].get("state") != "TIMED_OUT"
    return int(zebra or "tagInventoryEvent" in body)


def connect(client: mqtt.Client, url: str) -> None:
    """Connect to a broker, as the user that the URL names if it does."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    client.username_pw_set(parts.username, parts.password)
    client.connect(parts.hostname, parts.port)
    client.loop_start()


@contextmanager
def listening(url: str, site_id: str) -> Iterator[Ears]:
    """Subscribe to all that this site's readers say."""
    ears = Ears()
    ready = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"ears-{uuid4().hex[:12]}")
    client.on_message = lambda _client, _data, message: ears.heard.append((message.topic, bytes(message.payload)))
    client.on_subscribe = lambda *_: ready.set()
    connect(client, url)
    own = [f"tallyport/v1/{site_id}/+/{level}" for level in ("reads", "status", "events", "sensor", "resp")]
    client.subscribe([(topic, 1) for topic in (*own, "zebra/#", "/zebra/#", "impinj/#")])
    assert ready.wait(10)
    try:
        yield ears
    finally:
        client.disconnect()
        client.loop_stop()


def wait_for_reads(ears: Ears, count: int) -> None:
    """Wait until so many reads have been heard; more would show right after."""
    deadline = time.monotonic() + 20
    while ears.reads() < count and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.3)


@pytest.fixture
def site_id() -> str:
    """A site for one test alone."""
    return f"sim-{uuid4().hex[:8]}"


def test_published_reads_are_those_received(mqtt_url: str, site_id: str) -> None:
    """
    Each read in a confirmed message reaches a subscriber, and no other; duplicates are counted as sent twice.
    """
    twice = Fault(kind="duplicate", reader="recv-1", from_s=0, to_s=9)
    progress: list[Progress] = []
    announced: list[Shipment] = []
    simulation = Simulation(Config(tags=300, rate=800.0, site_id=site_id, faults=(twice,)))
    with listening(mqtt_url, site_id) as ears:
        simulation.run(
            mqtt_url, threading.Event(), for_s=3.0, on_progress=progress.append, on_shipment=announced.append
        )
        summary = simulation.summary()
        wait_for_reads(ears, summary["reads_total"])
    assert summary["reads_total"] == ears.reads() > 500
    assert summary["messages"] == summary["acked"]
    assert summary["not_sent"] == 0
    assert summary["duplicate_reads"] > 0
    assert {"native", "zebra", "impinj"} == {firmware for firmware, reads in summary["reads"].items() if reads}
    assert len(progress) == 3
    assert simulation.shipments() == announced
    assert ears.on("sensor")


def test_reader_that_loses_power_leaves_its_will(mqtt_url: str, site_id: str) -> None:
    """
    The broker publishes the last will of a reader that went without a word, and the reader comes back.
    """
    dead = Fault(kind="silence", reader="recv-1", from_s=1, to_s=3)
    simulation = Simulation(Config(tags=50, rate=100.0, site_id=site_id, faults=(dead,)))
    with listening(mqtt_url, site_id) as ears:
        simulation.run(mqtt_url, threading.Event(), for_s=5.0)
        wait_for_reads(ears, simulation.summary()["reads_total"])
    topic = f"tallyport/v1/{site_id}/recv-1/status"
    said = [json.loads(payload)["status"] for heard, payload in ears.heard if heard == topic]
    assert said[:3] == ["online", "offline", "online"]


def test_reader_answers_a_command_over_the_broker(mqtt_url: str, site_id: str) -> None:
    """
    A command on the cmd topic is answered on resp while the simulation runs.
    """
    simulation = Simulation(Config(tags=50, rate=100.0, site_id=site_id))
    stop = threading.Event()
    with listening(mqtt_url, site_id) as ears:
        running = threading.Thread(target=simulation.run, args=(mqtt_url, stop), name="simulation")
        running.start()
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        connect(client, mqtt_url)
        deadline = time.monotonic() + 20
        while not ears.on("resp") and time.monotonic() < deadline:
            client.publish(f"tallyport/v1/{site_id}/recv-1/cmd", b'{"command":"get_status","command_id":"4"}', qos=1)
            time.sleep(0.5)
        stop.set()
        running.join()
        client.disconnect()
        client.loop_stop()
    assert {"success"} == {json.loads(payload)["response"] for payload in ears.on("resp")}
