"""
A broker session: an async stream of deliveries, each with its ack, and publishes that the broker has confirmed.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import paho.mqtt.client as paho

from core.clock import Clock, now_us
from core.counters import count, set_gauge
from core.errors import BrokerRefused
from core.mqtt_intake import KEPT_OF_OVERSIZE, Delivery, Intake, Limits
from core.mqtt_link import Link
from core.mqtt_session import Address, Session, Will, known_limits, make_client

__all__ = ["Broker", "Delivery", "Limits", "Session", "Will", "open_broker", "pause_s"]

log = logging.getLogger(__name__)

VERSION_TOPIC = "$SYS/broker/version"
REFUSED = 0x80
SUBACK_WAIT_S = 10.0


def pause_s(attempt: int, rng: random.Random) -> float:
    """How long to wait before this attempt: full jitter, so that a shop doesn't return at once."""
    return rng.uniform(0.0, min(30.0, 0.25 * 2.0 ** min(attempt, 10)))


@asynccontextmanager
async def open_broker(url: str, session: Session, clock: Clock = now_us) -> AsyncIterator["Broker"]:
    """Connect, subscribe, and stay connected until the block ends. Raises BrokerRefused where the broker says no."""
    broker = Broker(url, session, clock)
    keeper = asyncio.create_task(broker.keep_connected(), name=f"mqtt.{session.client_id}")
    try:
        await broker.first_connection(session.wait_s)
        yield broker
    finally:
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper
        await broker.close()


class Broker:
    """One session with one broker, on the event loop that made it."""

    def __init__(self, url: str, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._address = Address.parse(url)
        client = make_client(
            session.client_id,
            self._address,
            clean_session=session.clean,
            will=session.will,
            ca_file=session.ca_file,
        )
        self.link = Link(self._address, self, client, session.keepalive_s)
        self.intake = Intake(session.limits, self.link.rest, self.link.wake)
        self._publishing = asyncio.Semaphore(session.limits.publishes_max)
        self._unconfirmed: dict[int, asyncio.Future[None]] = {}
        self._subacks: dict[int, asyncio.Future[list[int]]] = {}
        self._up = asyncio.Event()
        self._down = asyncio.Event()
        self._rng = random.Random()  # noqa: S311 - jitter, no secret
        self._was_up = False
        self.epoch = 0
        """Which connection this is, from 1; an ack belongs to the epoch that its message came by."""
        self.connected_us = 0
        self.session_present = False
        self.version = ""
        """What the broker calls itself, where it says so."""

    @property
    def connected(self) -> bool:
        """Whether we are connected and subscribed now."""
        return self._up.is_set()

    async def next(self, timeout_s: float | None = None) -> Delivery | None:
        """Return the next delivery, or None after the time-out."""
        return await self.intake.next(timeout_s)

    async def deliveries(self) -> AsyncIterator[Delivery]:
        """All deliveries in order of arrival, without end; raises BrokerRefused once the broker refuses us."""
        while True:
            delivery = await self.intake.next()
            if delivery is not None:
                yield delivery

    async def next_connection(self) -> None:
        """Wait until this connection is lost and another has been made."""
        await self._down.wait()
        await self._up.wait()

    async def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> bool:
        """
        Publish, and for QoS 1 wait until the broker has it, however long it is away.

        QoS 0 is sent if there is a connection, and False says that there was none.
        """
        if qos == 0:
            if not self.connected:
                return False
            self.link.publish(topic, payload, 0, retain=retain)
            return True
        async with self._publishing:
            confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            mid = self.link.publish(topic, payload, 1, retain=retain)
            self._unconfirmed[mid] = confirmed
            try:
                await confirmed
            finally:
                self._unconfirmed.pop(mid, None)
        return True

    # What the link tells us.

    def on_message(self, message: paho.MQTTMessage) -> None:
        """Check the size, stamp and queue: nothing else happens while the socket waits."""
        count("mqtt.messages")
        topic, problem = _topic_of(message)
        payload = bytes(message.payload)
        if topic == VERSION_TOPIC:
            self._note_version(payload.decode("utf-8", "replace"))
            return
        limit = self._session.limits.payload_bytes_max
        if len(payload) > limit:
            count("mqtt.oversize")
            problem = problem or f"a payload of {len(payload)} bytes is over the limit of {limit}"
        kept = payload[:KEPT_OF_OVERSIZE] if problem else payload
        epoch, mid, qos = self.epoch, message.mid, message.qos
        self.intake.put(
            Delivery(
                topic=topic,
                payload=kept,
                arrived_us=self._clock(),
                ack=_Once(lambda: self._ack(epoch, mid, qos, len(kept))),
                size=len(payload),
                epoch=epoch,
                problem=problem,
                retained=message.retain,
                redelivered=message.dup,
            )
        )

    def on_down(self, reason: str) -> None:
        """Note that the connection is gone."""
        self._up.clear()
        self._down.set()
        set_gauge("mqtt.connected", 0)
        for answer in self._subacks.values():
            if not answer.done():
                answer.set_exception(ConnectionError(reason))
        self._subacks.clear()

    def on_suback(self, mid: int, codes: list[int]) -> None:
        """Note the broker's answer to a subscribe."""
        answer = self._subacks.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result(codes)

    def on_puback(self, mid: int) -> None:
        """Note that the broker has a message of ours."""
        count("mqtt.published")
        confirmed = self._unconfirmed.get(mid)
        if confirmed is not None and not confirmed.done():
            confirmed.set_result(None)

    def _ack(self, epoch: int, mid: int, qos: int, payload_bytes: int) -> None:
        """
        Tell the broker that a message is done with, unless it came by another connection.

        After a reconnect without our session packet ids start again, so an old ack would name a new message.
        """
        self.intake.done_with(payload_bytes)
        if qos == 0:
            return
        if epoch != self.epoch or self._down.is_set():
            count("mqtt.stale_acks")
            return
        self.link.ack(mid)

    def _note_version(self, version: str) -> None:
        if version == self.version:
            return
        self.version = version
        warning = known_limits(version)
        if warning:
            log.warning("broker has known limits: %s", warning, extra={"action": "broker_limits", "version": version})

    # Staying connected.

    async def first_connection(self, wait_s: float | None) -> None:
        """Wait until we are connected and subscribed. Raises BrokerRefused where that cannot be."""
        up = asyncio.create_task(self._up.wait())
        failed = asyncio.create_task(self.intake.failed())
        try:
            done, _ = await asyncio.wait({up, failed}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            up.cancel()
            failed.cancel()
        if failed in done:
            raise failed.result()
        if up not in done:
            raise BrokerRefused(f"no broker answers at {self._address}: start it, or correct TALLYPORT_MQTT_URL")

    async def keep_connected(self) -> None:
        """Connect, subscribe, tend the connection, and do so again when it is lost."""
        attempt = 0
        while True:
            try:
                await self._come_up()
                attempt = 0
                await self._tend_until_down()
                count("mqtt.disconnects")
                log.warning("lost the broker", extra={"action": "mqtt_lost", "broker": str(self._address)})
            except BrokerRefused as exc:
                self.link.drop()
                self.intake.fail(exc)
                return
            except (OSError, TimeoutError) as exc:
                self.link.drop()
                log.warning("cannot reach the broker: %s", exc, extra={"action": "mqtt_unreachable"})
            await asyncio.sleep(pause_s(attempt, self._rng))
            attempt += 1

    async def _come_up(self) -> None:
        self._down.clear()
        self.epoch += 1
        self.connected_us = self._clock()
        self.session_present = await self.link.connect()
        if self._was_up and not self._session.clean and not self.session_present:
            count("mqtt.sessions_lost")
            log.warning("the broker forgot our session, and what it held for us", extra={"action": "mqtt_session_lost"})
        await self._subscribe(list(self._session.subscriptions))
        self.link.subscribe([(VERSION_TOPIC, 0)])
        count("mqtt.connects")
        if self.intake.resting:
            self.link.rest()
        set_gauge("mqtt.connected", 1)
        self._was_up = True
        self._up.set()

    async def _subscribe(self, filters: list[tuple[str, int]]) -> None:
        """Subscribe and check each answer: a refused subscription is silent otherwise."""
        if not filters:
            return
        answer: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._subacks[self.link.subscribe(filters)] = answer
        async with asyncio.timeout(SUBACK_WAIT_S):
            codes = await answer
        refused = [topic for (topic, _), code in zip(filters, codes, strict=True) if code >= REFUSED]
        if refused:
            raise BrokerRefused(f"{self._address} refused the subscription to {', '.join(refused)}: allow it there")

    async def _tend_until_down(self) -> None:
        while not self._down.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(1.0, self._session.keepalive_s / 4)):
                    await self._down.wait()
            self.link.tend()
            self.intake.show()

    async def close(self) -> None:
        """Say goodbye, so that the broker does not publish our will; the session stays."""
        await self.link.say_goodbye()
        set_gauge("mqtt.connected", 0)


class _Once:
    """An ack that may be called again without harm."""

    __slots__ = ("_act",)

    def __init__(self, act: Callable[[], None]) -> None:
        self._act: Callable[[], None] | None = act

    def __call__(self) -> None:
        act, self._act = self._act, None
        if act is not None:
            act()


def _topic_of(message: paho.MQTTMessage) -> tuple[str, str]:
    """Return the topic as text, and what is wrong with it."""
    try:
        topic = message.topic
    except UnicodeDecodeError as exc:
        count("mqtt.bad_topics")
        return exc.object.decode("utf-8", "backslashreplace"), "the topic is not UTF-8"
    if "\0" in topic:
        count("mqtt.bad_topics")
        return topic.replace("\0", "\\x00"), "the topic has a NUL in it"
    return topic, ""
