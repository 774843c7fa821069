"""
`python -m tests.faults.wrapped NAME`: the ingest service with a failpoint in it, or broken on purpose.

The product has no switch for any of this; it is patched from outside, in this process only.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from core.model.step import Step
from core.mqtt import Broker, Delivery
from core.mqtt_intake import Intake
from core.store import writer as store_writer
from core.store.facts import load_facts
from core.store.writer import CommitResult, Writer
from ingest import __main__ as service
from ingest.batch import Gathered
from ingest.decode import Taken
from ingest.line import Line
from ingest.spool import Spool

STALL_S: Final = 10.0
KILLED_AT: Final = 8
"""Batches with messages in them that are acknowledged before the one at which the process ends."""


def _put(owner: type, name: str, function: Callable[..., Any]) -> None:
    setattr(owner, name, function)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_before_ack() -> None:
    """End between a commit and its acknowledgement, at the eighth batch."""
    ack, acked = Gathered.ack, iter(range(KILLED_AT))

    def die(gathered: Gathered) -> None:
        if gathered.taken and next(acked, None) is None:
            _die()
        ack(gathered)

    _put(Gathered, "ack", die)


def kill_before_spool_ack() -> None:
    """End once messages are safe on disk, before the broker hears of it."""
    put = Spool.put

    def die(spool: Spool, deliveries: Any) -> None:  # noqa: ANN401 - as it comes
        put(spool, deliveries)
        _die()

    _put(Spool, "put", die)


def stall() -> None:
    """On SIGUSR1 decide the next batch for ten seconds, and let nothing else happen meanwhile."""
    told: list[int] = []
    signal.signal(signal.SIGUSR1, lambda signum, _frame: told.append(signum))
    decide = Line._decide

    def slowly(line: Line, gathered: Gathered, broker: Broker) -> Step:
        if told:
            told.clear()
            time.sleep(STALL_S)
        return decide(line, gathered, broker)

    _put(Line, "_decide", slowly)


def ack_early() -> None:
    """Broken: acknowledge what is taken, before it is stored."""
    take = Line._take

    def at_once(line: Line, delivery: Delivery) -> Taken:
        delivery.ack()
        return take(line, delivery)

    _put(Line, "_take", at_once)


def stale_ack() -> None:
    """Broken: acknowledge by number, whatever connection the message came by."""

    def by_number(broker: Broker, _epoch: int, mid: int, qos: int, payload_bytes: int) -> None:
        broker.intake.done_with(payload_bytes)
        if qos and broker.connected:
            broker.link.ack(mid)

    _put(Broker, "_ack", by_number)


def store_twice() -> None:
    """Broken: after a COMMIT without an answer, write the step again without asking whether it is there."""
    attempt = Writer._try

    async def again(writer: Writer, step: Step) -> CommitResult:
        result = await attempt(writer, step)
        if result.already:
            conn = await writer._connection()
            async with conn.transaction():
                await store_writer._write_rows(conn, await load_facts(conn, step.site), step)
        return result

    _put(Writer, "_try", again)


def drop_when_full() -> None:
    """Broken: where no more fits, acknowledge and forget."""
    put = Intake.put

    def drop(intake: Intake, delivery: Delivery) -> None:
        if intake.in_flight + 1 < intake._limits.in_flight_max:
            put(intake, delivery)
            return
        intake.in_flight += 1
        intake.in_flight_bytes += len(delivery.payload)
        asyncio.get_running_loop().call_soon(delivery.ack)

    _put(Intake, "put", drop)


WRAPS: Final[dict[str, Callable[[], None]]] = {
    wrap.__name__: wrap
    for wrap in (kill_before_ack, kill_before_spool_ack, stall, ack_early, stale_ack, store_twice, drop_when_full)
}


if __name__ == "__main__":
    WRAPS[sys.argv.pop(1)]()
    sys.exit(service.main())
