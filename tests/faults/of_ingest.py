"""Faults of the line itself: killed at any point, frozen, slow, with a corrupt checkpoint, two of them."""

import os
import signal
from typing import Final

import psycopg

from tests.faults.processes import Service
from tests.faults.stage import Stage

PLAIN: Final = ("ingest",)
ENDS_S_MAX: Final = 30.0
STANDS_BY_S_MAX: Final = 30.0
TAKEN_OVER_S_MAX: Final = 15.0


def wrapped(name: str) -> tuple[str, ...]:
    """The service with a failpoint of tests/faults/wrapped.py."""
    return ("tests.faults.wrapped", name)


def killed(stage: Stage) -> None:
    """SIGKILL at random points, and started again."""
    for _ in range(3):
        stage.pause(0.2, 2.0)
        stage.service.kill()
        stage.service.start()


def killed_while_stuck(stage: Stage) -> None:
    """SIGKILL while batches wait for a database that does not answer."""
    stage.database_link.hold()
    stage.pause(1.0, 1.5)
    stage.service.kill()
    stage.database_link.release()
    stage.service.start()


def killed_before_ack(stage: Stage) -> None:
    """SIGKILL from inside, between a commit and its acknowledgement, twice."""
    for _ in range(2):
        stage.service.kill()
        stage.service.module = wrapped("kill_before_ack")
        stage.service.launch()
        stage.must("the failpoint was never reached", hold=stage.service.wait_ended(ENDS_S_MAX))
    stage.service.module = PLAIN
    stage.service.start()


def killed_before_spool_ack(stage: Stage) -> None:
    """SIGKILL from inside, between the sync of the spool and the acknowledgement; then its log loses its tail."""
    stage.service.kill()
    stage.service.module = wrapped("kill_before_spool_ack")
    stage.service.start()
    stage.database_link.hold()
    stage.must("nothing was put on disk", hold=stage.service.wait_ended(ENDS_S_MAX))
    log = next(stage.folder.glob("spool/*-wal"))
    os.truncate(log, log.stat().st_size - stage.rng.randint(1, 4000))
    stage.database_link.release()
    stage.service.module = PLAIN
    stage.service.start()


def frozen(stage: Stage) -> None:
    """SIGSTOP for a while, then for longer than the broker waits for a sign of life."""
    for seconds in (4.0, 12.0):
        stage.service.freeze()
        stage.pause(seconds, seconds + 1.0)
        stage.service.thaw()
        stage.pause(2.0, 3.0)


def stalled(stage: Stage) -> None:
    """A batch that takes ten seconds to decide, with room for a few messages only."""
    os.kill(stage.service.pid, signal.SIGUSR1)
    stage.pause(12.0, 13.0)
    stage.verdict.notes["disconnects"] = stage.watch.metrics().get("tallyport_mqtt_disconnects_total", -1.0)


def checkpoints_corrupt(stage: Stage) -> None:
    """Killed, and what it kept of its state is damaged: first the newest, then all of it."""
    for which in ("seq = (SELECT max(seq) FROM engine_checkpoint)", "true"):
        stage.pause(2.5, 3.0)
        stage.service.kill()
        with psycopg.connect(stage.database_url, autocommit=True) as connection:
            flip = f"UPDATE engine_checkpoint SET body = set_byte(body, length(body) / 2, 7) WHERE {which}"
            connection.execute(flip)
        stage.service.start()


def two_of_them(stage: Stage) -> None:
    """A second process for the same site; then the first is frozen, loses its claim, and comes back to life."""
    second = Service(PLAIN, stage.service.told, stage.service.log.with_suffix(".second.log"))
    second.told["TALLYPORT_INGEST_METRICS_PORT"] = "0"
    epoch = _epoch(stage)
    second.launch()
    try:
        stage.must(
            "the second did not stand by", hold=stage.until(lambda: "standing by" in second.said(), STANDS_BY_S_MAX)
        )
        stage.must("two wrote at once", hold=_epoch(stage) == epoch)
        stage.service.freeze()
        stage.judge.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 1"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        second.wait_ready(TAKEN_OVER_S_MAX)
        stage.service.thaw()
        stage.pause(3.0, 4.0)
        stage.must("the frozen one took the site back", hold=_epoch(stage) == epoch + 1)
    finally:
        second.kill()


def _epoch(stage: Stage) -> int:
    return int(stage.judge.rows("SELECT writer_epoch FROM site WHERE id = %(site)s")[0][0])
