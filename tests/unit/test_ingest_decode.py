"""Bytes become what a reader said or a dead letter with its reason, and no bytes take long."""

import time

import pytest

from core.mqtt import Delivery
from ingest.adapters import ADAPTERS
from ingest.decode import Decoder, storable
from ingest.redelivery import Redeliveries
from ingest.registry import Registry
from tests.integration.ingest_tools import BAD, epc, native, now_us, plan

DECODE = Decoder(Registry(plan("site")), ADAPTERS, Redeliveries())


def _delivery(payload: bytes, topic: str = "tallyport/v1/site/native-1/reads", problem: str = "") -> Delivery:
    return Delivery(topic, payload, now_us(), lambda: None, len(payload), problem=problem)


@pytest.mark.parametrize("payload", BAD.values(), ids=BAD.keys())
def test_rubbish_is_recognised_within_5_ms(payload: bytes) -> None:
    """
    No bad message holds up the line.
    """
    decode = Decoder(Registry(plan("site")), ADAPTERS, Redeliveries())
    delivery = Delivery("tallyport/v1/site/native-1/reads", payload, now_us(), lambda: None, len(payload))
    took_s = []
    for _ in range(5):
        started = time.perf_counter()
        taken = decode(delivery)
        took_s.append(time.perf_counter() - started)
    assert taken.dead is not None or (taken.decoded is not None and taken.decoded.quarantined)
    assert min(took_s) < 0.005


def test_good_message_is_decoded_for_its_reader() -> None:
    """
    A message of a registered reader becomes its reads.
    """
    taken = DECODE(_delivery(native([(now_us(), epc(1)), (now_us(), epc(2))])))
    assert taken.reader is not None
    assert (taken.reader.id, taken.reads, taken.dead, taken.pending) == ("native-1", 2, None, None)


def test_delivery_with_a_problem_is_a_dead_letter() -> None:
    """
    What the broker session could not take is kept with the session's own words.
    """
    taken = DECODE(_delivery(b"x", problem="the topic is not UTF-8"))
    assert taken.dead is not None
    assert taken.dead.reason == "the topic is not UTF-8"


def test_topic_of_another_site_is_nothing() -> None:
    """
    What is not ours is neither read nor kept.
    """
    taken = DECODE(_delivery(b"{}", topic="tallyport/v1/other/native-1/reads"))
    assert (taken.decoded, taken.dead, taken.pending) == (None, None, None)


def test_adapter_that_fails_costs_one_message(caplog: pytest.LogCaptureFixture) -> None:
    """
    A mistake of our own becomes a dead letter and a log line.
    """
    decode = Decoder(Registry(plan("site")), {}, Redeliveries())
    taken = decode(_delivery(native([(now_us(), epc(1))])))
    assert taken.dead is not None
    assert taken.dead.reason == "our own reading of it failed: KeyError"
    assert "adapter failed" in caplog.text


def test_storable_text_has_no_nul_and_no_surrogate() -> None:
    """
    What a database's text cannot hold is written out.
    """
    assert storable("a\0b\ud800c") == "a\\x00b\\ud800c"


def test_message_sent_again_is_not_taken_twice() -> None:
    """
    What the broker repeats and we have is only acknowledged; the same bytes as a new message are counted as resent.
    """
    decode = Decoder(Registry(plan("site")), ADAPTERS, Redeliveries())
    payload = native([(now_us(), epc(1))])
    topic = "tallyport/v1/site/native-1/reads"
    first = Delivery(topic, payload, now_us(), lambda: None, len(payload))
    again = Delivery(topic, payload, now_us(), lambda: None, len(payload), redelivered=True)

    assert [(taken.reads, taken.resent) for taken in map(decode, (first, again, first))] == [(1, 0), (0, 0), (0, 1)]


def test_words_without_reads_are_taken_each_time() -> None:
    """
    The same word said twice is two words: a sign of life, or rubbish to be counted.
    """
    decode = Decoder(Registry(plan("site")), ADAPTERS, Redeliveries())
    alive = _delivery(b'{"v":1,"status":"online"}', topic="tallyport/v1/site/native-1/status")
    rubbish = _delivery(b"{")

    assert [decode(alive).decoded is not None for _ in range(2)] == [True, True]
    assert [decode(rubbish).dead is not None for _ in range(2)] == [True, True]


def test_message_sent_again_that_we_do_not_have_is_taken() -> None:
    """
    After a restart a redelivery may be the first that we see of a message.
    """
    decode = Decoder(Registry(plan("site")), ADAPTERS, Redeliveries())
    payload = native([(now_us(), epc(1))])
    again = Delivery(
        "tallyport/v1/site/native-1/reads", payload, now_us(), lambda: None, len(payload), redelivered=True
    )

    assert decode(again).reads == 1


def test_message_sent_again_after_a_restart_is_known_by_what_was_committed() -> None:
    """
    What was committed and not acknowledged counts nowhere again, also where the broker forgot that it sent it.
    """
    payload = native([(now_us(), epc(1))])
    topic = "tallyport/v1/site/native-1/reads"
    first = Delivery(topic, payload, now_us(), lambda: None, len(payload))
    again = Delivery(topic, payload, now_us(), lambda: None, len(payload), redelivered=True)
    committed = Decoder(Registry(plan("site")), ADAPTERS, Redeliveries())(first).mark

    decode = Decoder(Registry(plan("site")), ADAPTERS, Redeliveries([committed]))

    assert (decode(again).reads, decode(again).mark) == (0, 0)
    assert (decode(first).reads, decode(first).mark, decode(first).resent) == (0, 0, 1)
