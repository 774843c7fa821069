"""Deliveries are gathered by reads, bytes and age, and nothing that waits is said to be in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.model.dead_letter import DeadLetter
from core.mqtt_intake import Delivery, Intake, Limits
from ingest.batch import BatchLimits, Gathered, batches
from ingest.decode import Taken


def _delivery(n: int, payload: bytes = b"x") -> Delivery:
    return Delivery(topic="t", payload=payload, arrived_us=n, ack=lambda: None, size=len(payload))


def _decode(delivery: Delivery) -> Taken:
    letter = DeadLetter(arrived_us=0, topic="t", reader="", payload=b"", payload_bytes=0, reason="for the test")
    return Taken(delivery, dead=letter)


def _intake(*deliveries: Delivery) -> Intake:
    intake = Intake(Limits(), rest=lambda: None, wake=lambda: None)
    for delivery in deliveries:
        intake.put(delivery)
    return intake


@asynccontextmanager
async def _gathering(intake: Intake, limits: BatchLimits) -> AsyncIterator[AsyncIterator[Gathered]]:
    """Gather with a clock that stands at 1000 us."""
    stream = batches(intake, _decode, limits, lambda: 1_000)
    try:
        yield stream
    finally:
        del stream


async def test_batch_is_closed_by_weight_and_says_that_more_waits() -> None:
    """
    A batch that is full of bytes closes at the arrival of its last message, for later ones arrived after it.
    """
    intake = _intake(*(_delivery(n, b"x" * 10) for n in range(5)))
    async with _gathering(intake, BatchLimits(bytes_max=30)) as stream:
        batch = await anext(stream)
    assert ([t.delivery.arrived_us for t in batch.taken], batch.closed_us, batch.backlog) == ([0, 1, 2], 2, True)


@pytest.mark.parametrize(("commits", "taken"), [(0, 1), (2, 3), (9, 5)])
async def test_batch_that_has_enough_goes_on_while_another_is_committed(commits: int, taken: int) -> None:
    """
    It could only wait, so it takes what comes; it closes with the first message after the commit, or by age.
    """
    intake, looks = _intake(*(_delivery(n) for n in range(5))), iter([True] * commits + [False] * 9)
    limits = BatchLimits(reads_enough=0, age_ms_max=20)
    stream = batches(intake, _decode, limits, lambda: 1_000, lambda: next(looks))
    assert len((await anext(stream)).taken) == taken


async def test_batch_is_closed_by_age_up_to_now() -> None:
    """
    Where nothing waits any more, all that has arrived up to now is in.
    """
    async with _gathering(_intake(_delivery(7)), BatchLimits(age_ms_max=20)) as stream:
        batch = await anext(stream)
    assert (len(batch.taken), batch.closed_us, batch.backlog, batch.opened_us) == (1, 1_000, False, 7)


async def test_messages_that_come_while_a_batch_is_open_join_it() -> None:
    """
    A batch waits its age out for company.
    """
    intake = _intake(_delivery(1))
    async with _gathering(intake, BatchLimits(age_ms_max=200)) as stream:
        asyncio.get_running_loop().call_later(0.02, intake.put, _delivery(2))
        batch = await anext(stream)
    assert len(batch.taken) == 2


async def test_idle_line_makes_an_empty_batch_now_and_then() -> None:
    """
    Time goes on without messages.
    """
    async with _gathering(_intake(), BatchLimits(idle_ms_max=5)) as stream:
        batch = await anext(stream)
    assert (batch.taken, batch.closed_us) == ([], 1_000)


async def test_intake_rests_when_full_and_wakes_when_half_is_done() -> None:
    """
    The message that fills the intake stops the reading; it goes on once half is acknowledged.
    """
    said: list[str] = []
    intake = Intake(Limits(in_flight_max=4), rest=lambda: said.append("rest"), wake=lambda: said.append("wake"))
    for n in range(4):
        intake.put(_delivery(n))
    intake.done_with(1)
    after_one = list(said)
    intake.done_with(1)
    assert (after_one, said) == (["rest"], ["rest", "wake"])
