"""
Readers of a fault run: plain paho clients on their own threads, which number their messages and resend until answered.
"""

import contextlib
import itertools
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.faults.oracle import Oracle, ReadId
from tests.faults.world import HALLS, READERS, World
from tests.integration.ingest_tools import native
from tests.integration.mqtt_tools import own

APART_S: Final = 0.3
"""Reads of a tag are at least so far apart: the engine takes nearer ones for repeats."""
FLUSHED_S: Final = 30.0


class Reader:
    """One simulated reader, connected for as long as it lives."""

    def __init__(self, name: str, oracle: Oracle, url: str, site: str) -> None:
        self.name = name
        self.qos = 1
        self.padding = 0
        """White space in each message."""
        self.times = 1
        """How often each message is published."""
        self.ahead_us = 0
        """How far its clock is ahead of the world's."""
        self.seq = itertools.count(1)
        self._oracle = oracle
        self._topic = f"tallyport/v1/{site}/{name}/reads"
        self._boot = own("boot")
        self._sent: dict[int, tuple[ReadId, ...]] = {}
        self._answered: deque[int] = deque()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=own(name), protocol=paho.MQTTv311)
        parts = urlsplit(url)
        if parts.username:
            self.client.username_pw_set(parts.username, parts.password)
        self.client.max_inflight_messages_set(100)
        self.client.reconnect_delay_set(1, 2)
        # paho holds a lock of its own here, so nothing else may be waited for.
        self.client.on_publish = lambda _c, _u, mid, _r, _p: self._answered.append(mid)
        assert parts.hostname is not None
        self.client.connect(parts.hostname, parts.port or 1883, keepalive=10)
        self.client.loop_start()

    def say(self, *reads: ReadId) -> None:
        """Publish a message with these reads."""
        body = (
            native([(read.at_us, read.epc) for read in reads], boot=self._boot, seq=next(self.seq))
            + b" " * self.padding
        )
        for _ in range(self.times):
            self.publish(self._topic, body, reads)

    def publish(self, topic: str, payload: bytes, reads: tuple[ReadId, ...] = ()) -> None:
        """Publish any bytes; the reads in them become obligations when the broker answers."""
        mid = self.client.publish(topic, payload, self.qos).mid
        self._sent[mid] = reads
        self.settle()

    def settle(self) -> None:
        """Tell the oracle what the broker has answered for."""
        with contextlib.suppress(IndexError):
            while self._answered[0] in self._sent:
                self._oracle.owe(self._sent.pop(self._answered.popleft()))

    def flush(self) -> bool:
        """Wait until the broker has answered for everything; whether it did."""
        ends = time.monotonic() + FLUSHED_S
        while self._sent and time.monotonic() < ends:
            self.settle()
            time.sleep(0.02)
        return not self._sent

    def close(self) -> None:
        """Go."""
        self.client.disconnect()
        self.client.loop_stop()


class Feed:
    """Reads every tag in turn by the reader of the hall it is in, on a thread of its own."""

    def __init__(self, world: World, oracle: Oracle, url: str, site: str) -> None:
        self.readers = {hall: Reader(READERS[hall], oracle, url, site) for hall in HALLS}
        self.muted: set[str] = set()
        """Halls whose reader says nothing."""
        self.resting = False
        """Whether it reads only what it is told to."""
        self.reads_per_s = 80.0
        self._world = world
        self._oracle = oracle
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed")
        self._read_at_s: dict[int, float] = {}

    def settle(self) -> None:
        """Tell the oracle what the broker has answered for so far."""
        for reader in self.readers.values():
            reader.settle()

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until the broker has answered for the last message."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()
        for reader in self.readers.values():
            reader.flush()

    def read_all(self) -> set[ReadId]:
        """Read each tag once more; what was read."""
        reads = {read for tag in range(self._world.tags) if (read := self._read(tag)) is not None}
        for reader in self.readers.values():
            reader.flush()
        return reads

    def _run(self) -> None:
        due_s = time.monotonic()
        for tag in itertools.cycle(range(self._world.tags)):
            due_s = max(due_s + 1.0 / self.reads_per_s, time.monotonic() - 0.5)
            if self._over.wait(max(0.0, due_s - time.monotonic())):
                return
            if not self.resting:
                self._read(tag)

    def _read(self, tag: int) -> ReadId | None:
        hall = self._world.hall_of(tag)
        now_s = time.monotonic()
        if hall is None or hall in self.muted or now_s - self._read_at_s.get(tag, 0.0) < APART_S:
            return None
        self._read_at_s[tag] = now_s
        read = self._oracle.issue(READERS[hall], tag, ahead_us=self.readers[hall].ahead_us)
        self.readers[hall].say(read)
        return read


@contextmanager
def feeding(world: World, oracle: Oracle, url: str, site: str) -> Iterator[Feed]:
    """Readers for as long as the block; they begin when told to."""
    feed = Feed(world, oracle, url, site)
    try:
        yield feed
    finally:
        feed.stop()
        for reader in feed.readers.values():
            reader.close()
