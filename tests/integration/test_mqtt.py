"""The broker session against both brokers: nothing acknowledged too early, nothing lost by a broken connection."""

import asyncio
import logging
import random

import pytest

from core.clock import now_us
from core.counters import COUNTERS
from core.errors import BrokerRefused
from core.mqtt import Limits, Session, Will, open_broker, pause_s
from core.mqtt_session import Address, known_limits
from tallyport.services.mosquitto import MosquittoServer
from tallyport.services.nats import NatsServer
from tests.integration.mqtt_tools import drop_connection, own, publishing, session, take


async def test_messages_arrive_in_order_with_their_topic(mqtt_url: str) -> None:
    """
    What a reader publishes arrives as it was sent, in order.
    """
    root = own("order")
    async with session(mqtt_url, [f"{root}/+/reads"], own("line")) as broker:
        with publishing(mqtt_url) as publisher:
            await asyncio.to_thread(publisher.publish, f"{root}/dock/reads", *(b"%d" % i for i in range(50)))
        got = await take(broker, 50)
        for delivery in got:
            delivery.ack()
    assert [(d.topic, d.payload) for d in got] == [(f"{root}/dock/reads", b"%d" % i) for i in range(50)]


async def test_session_holds_messages_while_we_are_away(mqtt_url: str) -> None:
    """
    What is published while we are away is there when we come back.
    """
    root, name = own("away"), own("line")
    async with session(mqtt_url, [f"{root}/reads"], name) as broker:
        first_time = broker.session_present
    with publishing(mqtt_url) as publisher:
        await asyncio.to_thread(publisher.publish, f"{root}/reads", b"1", b"2", b"3")
    async with session(mqtt_url, [f"{root}/reads"], name) as broker:
        got = await take(broker, 3)
        resumed = broker.session_present
        for delivery in got:
            delivery.ack()
    assert (first_time, resumed, [d.payload for d in got]) == (False, True, [b"1", b"2", b"3"])


@pytest.mark.slow
async def test_message_without_ack_comes_again(mqtt_url: str) -> None:
    """
    A crash before the ack brings the message again, marked as such; after the ack it does not come.
    """
    root, name = own("again"), own("line")
    async with session(mqtt_url, [f"{root}/reads"], name) as broker:
        with publishing(mqtt_url) as publisher:
            await asyncio.to_thread(publisher.publish, f"{root}/reads", b"done", b"not done")
        done, _ = await take(broker, 2)
        done.ack()
        await asyncio.sleep(0.2)
    async with session(mqtt_url, [f"{root}/reads"], name) as broker:
        got = await take(broker, 2, timeout_s=8.0)
        for delivery in got:
            delivery.ack()
    assert [(d.payload, d.redelivered) for d in got] == [(b"not done", True)]


async def test_ack_of_an_older_connection_is_dropped(mqtt_url: str) -> None:
    """
    An ack of a message that came by an earlier connection is counted and not sent, and the message comes again.
    """
    root = own("stale")
    async with session(mqtt_url, [f"{root}/reads"], own("line")) as broker:
        with publishing(mqtt_url) as publisher:
            await asyncio.to_thread(publisher.publish, f"{root}/reads", b"1")
            (old,) = await take(broker, 1)
            await drop_connection(broker)
            before = COUNTERS["mqtt.stale_acks"]
            old.ack()
            old.ack()
            stale = COUNTERS["mqtt.stale_acks"] - before
            again = await take(broker, 1)
            for delivery in again:
                delivery.ack()
    assert (stale, [d.payload for d in again], broker.intake.in_flight) == (1, [b"1"], 0)


@pytest.mark.slow
async def test_slow_consumer_makes_the_socket_rest_and_loses_nothing(mqtt_url: str) -> None:
    """
    With no more taken than the limit the socket is not read, the connection lives on, and all arrive in the end.
    """
    root, limits = own("slow"), Limits(in_flight_max=40)
    async with session(mqtt_url, [f"{root}/reads"], own("line"), limits) as broker:
        with publishing(mqtt_url) as publisher:
            await asyncio.to_thread(publisher.publish, f"{root}/reads", *(b"%d" % i for i in range(400)))
        await asyncio.sleep(8)  # longer than the keep-alive of 5 s and its half again
        most, epoch, resting = broker.intake.in_flight, broker.epoch, broker.intake.resting
        got: list[bytes] = []
        while len(got) < 400:
            (delivery,) = await take(broker, 1)
            got.append(delivery.payload)
            delivery.ack()
    assert (most, resting, broker.epoch - epoch) == (40, True, 0)
    assert sorted(got, key=int) == [b"%d" % i for i in range(400)]


async def test_intake_is_bounded_by_bytes(mqtt_url: str) -> None:
    """
    A few large messages fill the intake as many small ones do.
    """
    root, limits = own("bytes"), Limits(in_flight_bytes_max=100_000)
    async with session(mqtt_url, [f"{root}/reads"], own("line"), limits) as broker:
        with publishing(mqtt_url) as publisher:
            await asyncio.to_thread(publisher.publish, f"{root}/reads", *[b"x" * 30_000] * 12)
        await asyncio.sleep(0.5)
        most = broker.intake.in_flight_bytes
        got = 0
        while got < 12:
            (delivery,) = await take(broker, 1)
            got += 1
            delivery.ack()
    assert most == 120_000


async def test_payload_over_the_limit_is_named_and_cut(mqtt_url: str) -> None:
    """
    A payload over the limit arrives as its beginning, its true size and what is wrong with it.
    """
    root, limits = own("large"), Limits(payload_bytes_max=10_000)
    async with session(mqtt_url, [f"{root}/reads"], own("line"), limits) as broker:
        with publishing(mqtt_url) as publisher:
            await asyncio.to_thread(publisher.publish, f"{root}/reads", b"x" * 20_000, b"good")
        large, good = await take(broker, 2)
        large.ack()
        good.ack()
    assert (len(large.payload), large.size, good.problem) == (4096, 20_000, "")
    assert large.problem == "a payload of 20000 bytes is over the limit of 10000"


async def test_exception_in_a_callback_is_counted_and_the_line_lives_on(
    mqtt_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """
    A callback that raises costs its own message until it is redelivered, and nothing else.
    """
    root = own("raises")
    calls = iter([True])

    def clock() -> int:
        if broker_up and next(calls, False):
            raise ArithmeticError("as no clock should")
        return now_us()

    broker_up = False
    wanted = Session(client_id=own("line"), subscriptions=[(f"{root}/reads", 1)], wait_s=20)
    before = COUNTERS["mqtt.callback_errors"]
    with caplog.at_level(logging.CRITICAL, "core.mqtt_link"):
        async with open_broker(mqtt_url, wanted, clock) as broker:
            broker_up = True
            with publishing(mqtt_url) as publisher:
                await asyncio.to_thread(publisher.publish, f"{root}/reads", b"1", b"2")
            first = await take(broker, 1)
            await drop_connection(broker)
            rest = await take(broker, 2)
            for delivery in (*first, *rest):
                delivery.ack()
    assert COUNTERS["mqtt.callback_errors"] - before == 1
    assert first[0].payload == b"2"
    assert b"1" in {d.payload for d in rest}


async def test_refused_subscription_names_the_topic(mqtt_url: str) -> None:
    """
    A topic filter that cannot be subscribed to is said at once, by name.
    """
    wanted = Session(client_id=own("line"), subscriptions=[("a/#/b", 1)], wait_s=20)
    with pytest.raises(BrokerRefused, match="a/#/b"):
        async with open_broker(mqtt_url, wanted):
            pass


async def test_broker_that_does_not_answer_is_named() -> None:
    """
    Where no broker answers in time, the error says where we looked and no password.
    """
    wanted = Session(client_id=own("line"), wait_s=0.5)
    with pytest.raises(BrokerRefused, match=r"no broker answers at mqtt://127\.0\.0\.1:9:") as caught:
        async with open_broker("mqtt://user:hidden@127.0.0.1:9", wanted):
            pass
    assert "hidden" not in str(caught.value)


async def test_publish_returns_once_the_broker_has_it(mqtt_url: str) -> None:
    """
    A publish of ours is confirmed, and another session gets it.
    """
    root = own("publish")
    async with session(mqtt_url, [f"{root}/live"], own("listener")) as listener:
        async with session(mqtt_url, [], own("line"), Limits(publishes_max=3)) as broker:
            await asyncio.gather(*(broker.publish(f"{root}/live", b"%d" % i) for i in range(20)))
            sent_plain = await broker.publish(f"{root}/live", b"20", qos=0)
        got = await take(listener, 21)
        for delivery in got:
            delivery.ack()
    assert sent_plain
    assert sorted((d.payload for d in got), key=int) == [b"%d" % i for i in range(21)]


async def test_last_will_is_published_when_we_vanish(mqtt_url: str) -> None:
    """
    Our last will goes out when the connection breaks, and not when we say goodbye.
    """
    root = own("will")
    async with session(mqtt_url, [f"{root}/state"], own("listener")) as listener:
        will = Will(topic=f"{root}/state", payload=b"gone", retain=False)
        async with session(mqtt_url, [], own("line"), will=will) as broker:
            await drop_connection(broker)
            got = await take(listener, 1)
        after = await take(listener, 1, timeout_s=0.5)
    assert [[d.payload for d in got], after] == [[b"gone"], []]


async def test_broker_killed_and_back_loses_no_acknowledged_message(own_broker: NatsServer | MosquittoServer) -> None:
    """
    A broker that is killed and comes back finds us again, and what it kept for us arrives.
    """
    name = own("line")
    async with session(own_broker.url, ["kill/reads"], name) as broker:
        with publishing(own_broker.url) as publisher:
            await asyncio.to_thread(publisher.publish, "kill/reads", *(b"%d" % i for i in range(20)))
        for delivery in await take(broker, 20):
            delivery.ack()
        await asyncio.sleep(1.5)  # mosquitto writes its state once a second
        reconnected = asyncio.create_task(broker.next_connection())
        own_broker.child.kill()
        own_broker.prepare()
        own_broker.start()
        await asyncio.to_thread(own_broker.wait_ready)
        async with asyncio.timeout(30):
            await reconnected
        with publishing(own_broker.url) as publisher:
            await asyncio.to_thread(publisher.publish, "kill/reads", b"after")
        got = await take(broker, 1)
    assert b"after" in {d.payload for d in got}


def test_pause_before_an_attempt_is_jittered_and_bounded() -> None:
    """
    Pauses grow to half a minute at most and differ, so that a warehouse does not return at once.
    """
    rng = random.Random(7)
    pauses = [pause_s(attempt, rng) for attempt in range(40)]
    assert (max(pauses) <= 30.0, min(pauses) >= 0.0, len(set(pauses))) == (True, True, 40)


def test_address_keeps_its_password_to_itself() -> None:
    """
    An address reads user, password and TLS from its URL and shows no password.
    """
    address = Address.parse("mqtts://line:p%40ss@broker.example")
    assert (address.port, address.username, address.password, str(address)) == (
        8883,
        "line",
        "p@ss",
        "mqtts://broker.example:8883",
    )


def test_address_of_another_kind_is_refused() -> None:
    """
    What is no MQTT address is refused with an example of one.
    """
    with pytest.raises(BrokerRefused, match="mqtt://user:password@host:port"):
        Address.parse("http://example:1883")


def test_mosquitto_has_known_limits_and_nats_none() -> None:
    """
    A broker that is known to lose messages is warned about.
    """
    assert "max_queued_messages" in known_limits("mosquitto version 2.0.11")
    assert not known_limits("")
