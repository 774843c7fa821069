"""
The load of the ingest figures, each part a process of its own: plain paho, so that nothing of ours is measured twice.
"""

import json
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tallyport.bench.pipeline import Pipeline
from tallyport.bench.process import counter, start
from tallyport.bench.stream import TIMES, WINDOW_US, Form, Stream

IN_FLIGHT_MAX: Final = 200
"""Messages that the broker may owe the publisher an answer for."""
PAUSE_S: Final = 0.001
CONNECT_S_MAX: Final = 10.0


class Work(StrEnum):
    """What a subscriber does with a message before it acknowledges it."""

    NOTHING = "nothing"
    REMOVE_REPEATS = "remove repeats"
    STORE = "store"
    """Remove repeats and store the rest (`Pipeline`); it needs the load's database and JSON."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What the processes of one run tell each other; times are of the system's monotonic clock."""

    published: "Synchronized[int]" = field(default_factory=counter)
    taken: "Synchronized[int]" = field(default_factory=counter)
    listening: "Synchronized[int]" = field(default_factory=counter)
    started_ns: "Synchronized[int]" = field(default_factory=counter)
    ended_ns: "Synchronized[int]" = field(default_factory=counter)
    all_published: "Synchronized[int]" = field(default_factory=counter)

    @property
    def done(self) -> bool:
        """Whether all that will ever be published has been taken."""
        return bool(self.all_published.value) and self.taken.value >= self.published.value

    @property
    def seconds(self) -> float:
        """From the first publish to the last message taken."""
        return max(1e-3, (self.ended_ns.value - self.started_ns.value) / 1e9)

    @property
    def messages_per_s(self) -> float:
        """Messages taken in a second of that time."""
        return self.taken.value / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is published, where, and for how long."""

    url: str
    form: Form
    reads: int
    """How many reads a message has."""
    root: str
    """First levels of the topics."""
    seconds: float
    ahead: int = 1_000
    """Messages that the publisher may be ahead of whoever takes them: never more than a moment's worth of reads."""
    times: int = TIMES
    """In how many messages each tag stands, one after the other."""
    least: int = 1
    """Messages that are published however long it takes."""
    per_s: float = float("inf")
    """Messages a second, at most."""
    database_url: str = ""


def publishing(load: Load, progress: Progress) -> BaseProcess:
    """Start publishing, as fast as the messages are taken."""
    return start(_publish, load, progress)


def subscribing(load: Load, progress: Progress, work: Work) -> BaseProcess:
    """Start a subscriber that takes the load's messages and acknowledges each."""
    return start(_subscribe, load, progress, work)


def _publish(load: Load, progress: Progress) -> None:
    client = _client(load.url, f"bench-publisher-{time.monotonic_ns()}")
    confirmed = 0

    def confirm(*_: object) -> None:
        nonlocal confirmed
        confirmed += 1

    client.on_publish = confirm
    client.loop_start()
    stream = Stream(load.form, load.reads, load.times)
    progress.started_ns.value = time.monotonic_ns()
    ends = time.monotonic() + load.seconds
    sent = 0
    while time.monotonic() < ends or sent < load.least:
        early = time.monotonic_ns() < progress.started_ns.value + sent / load.per_s * 1e9
        if early or sent - progress.taken.value >= load.ahead or sent - confirmed >= IN_FLIGHT_MAX:
            time.sleep(PAUSE_S)
            continue
        reader, payload = stream.next(time.time_ns() // 1_000)
        last = client.publish(f"{load.root}/{reader}/reads", payload, qos=1)
        sent += 1
        progress.published.value = sent
    last.wait_for_publish(CONNECT_S_MAX)
    progress.all_published.value = 1
    client.disconnect()
    client.loop_stop()


def _subscribe(load: Load, progress: Progress, work: Work) -> None:
    """Take messages until all are taken. paho acknowledges each once the callback has returned."""
    client = _client(load.url, f"bench-subscriber-{time.monotonic_ns()}")
    act = _work(load, work)
    taken = 0

    def take(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        nonlocal taken
        act(bytes(message.payload))
        taken += 1
        progress.taken.value = taken

    def listen(*_: object) -> None:
        progress.listening.value = 1

    client.on_message = take
    client.on_subscribe = listen
    client.subscribe(f"{load.root}/+/reads", qos=1)
    while not progress.done:
        client.loop(0.05)
    progress.ended_ns.value = time.monotonic_ns()
    client.disconnect()


def _work(load: Load, work: Work) -> Callable[[bytes], object]:
    if work is Work.NOTHING:
        return len
    if work is Work.STORE:
        return Pipeline(load.database_url)
    loop: Callable[[bytes], object] = getattr(_Loop(), load.form)
    return loop


class _Loop:
    """What one would write first: a loop over the reads and a dict of the last times. It decides nothing."""

    def __init__(self) -> None:
        self._last: dict[Any, int] = {}
        self._record = struct.Struct("<q16s16x")

    def columns(self, payload: bytes) -> None:
        """Take a message of JSON columns."""
        columns = json.loads(payload)["columns"]
        self._take(zip(columns["seen_us"], zip(columns["epc"], columns["antenna"], strict=True), strict=True))

    def binary(self, payload: bytes) -> None:
        """Take a message of binary records."""
        self._take(self._record.iter_unpack(payload[24:]))

    def zebra(self, payload: bytes) -> None:
        """Take a message of Zebra's."""
        events = json.loads(payload)
        self._take((_us(event["timestamp"]), (event["data"]["idHex"], event["data"]["antenna"])) for event in events)

    def impinj(self, payload: bytes) -> None:
        """Take a message of Impinj's."""
        said = json.loads(payload)
        event = said["tagInventoryEvent"]
        self._take([(_us(said["timestamp"]), (event["epcHex"], event["antennaPort"]))])

    def _take(self, reads: Any) -> None:  # noqa: ANN401 - what the two forms iterate over
        last = self._last
        for at_us, key in reads:
            if at_us - last.get(key, 0) >= WINDOW_US:
                last[key] = at_us


def _us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1e6)


def _client(url: str, name: str) -> paho.Client:
    """Connect as paho's first page says."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False, protocol=paho.MQTTv311)
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    client.max_inflight_messages_set(IN_FLIGHT_MAX)
    client.connect(parts.hostname, parts.port or 1883)
    deadline = time.monotonic() + CONNECT_S_MAX
    while not client.is_connected() and time.monotonic() < deadline:
        client.loop(0.05)
    return client
