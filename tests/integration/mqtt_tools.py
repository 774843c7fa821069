"""An independent publisher: plain paho on its own thread, so that our own session is not tested against itself."""

import asyncio
import itertools
import os
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from core.mqtt import Broker, Delivery, Limits, Session, Will, open_broker

_numbers = itertools.count(1)


def own(name: str) -> str:
    """A name that no other test uses on the shared broker."""
    return f"{name}-{os.getpid()}-{next(_numbers)}"


class Publisher:
    """Publishes with QoS 1 and waits for the broker's word."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=own("publisher"), protocol=paho.MQTTv311)
        if parts.username:
            self.client.username_pw_set(parts.username, parts.password)
        self.client.max_inflight_messages_set(500)
        assert parts.hostname is not None
        self.client.connect(parts.hostname, parts.port or 1883)
        self.client.loop_start()

    def publish(self, topic: str, *payloads: bytes, retain: bool = False) -> None:
        """Publish payloads in order; returns once the broker has the last."""
        infos = [self.client.publish(topic, payload, qos=1, retain=retain) for payload in payloads]
        for info in infos:
            info.wait_for_publish(20)

    def close(self) -> None:
        """Go."""
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def publishing(url: str) -> Iterator[Publisher]:
    """Connect a publisher for as long as the block."""
    publisher = Publisher(url)
    try:
        yield publisher
    finally:
        publisher.close()


@asynccontextmanager
async def session(
    url: str, topics: Sequence[str], client_id: str, limits: Limits | None = None, will: Will | None = None
) -> AsyncIterator[Broker]:
    """Open a persistent session of ours."""
    wanted = Session(
        client_id=client_id,
        subscriptions=[(topic, 1) for topic in topics],
        limits=limits or Limits(),
        will=will,
        keepalive_s=5,
        wait_s=20,
    )
    async with open_broker(url, wanted) as broker:
        yield broker


async def take(broker: Broker, n: int, timeout_s: float = 15.0) -> list[Delivery]:
    """Take n deliveries, fewer where they do not come in time."""
    taken: list[Delivery] = []
    loop = asyncio.get_running_loop()
    ends = loop.time() + timeout_s
    while len(taken) < n and loop.time() < ends:
        delivery = await broker.next(ends - loop.time())
        if delivery is not None:
            taken.append(delivery)
    return taken


async def drop_connection(broker: Broker) -> None:
    """Cut the connection as a broken network would, and wait until it is back."""
    with socket.socket(fileno=os.dup(broker.link.fileno)) as sock:
        sock.shutdown(socket.SHUT_RDWR)
    async with asyncio.timeout(20):
        await broker.next_connection()
