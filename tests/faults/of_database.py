"""Faults of the database: killed, frozen, cut off at the worst moment, locked, full."""

import contextlib
import signal
import time
from typing import Final

import psycopg

from tests.faults.processes import family_of, signal_all
from tests.faults.proxy import Moment
from tests.faults.stage import Stage, bring_back

CUTS: Final = 6
SESSIONS_MAX: Final = 400


def killed(stage: Stage) -> None:
    """SIGKILL to the postmaster, then an immediate stop; each time it stays away for a while."""
    for signum, away_s in ((signal.SIGKILL, 6.0), (signal.SIGQUIT, 3.0)):
        signal_all([stage.database.child.pid], signum)
        stage.must("the server did not end", hold=stage.until(lambda: not stage.database.child.running, 20.0))
        stage.pause(away_s, away_s + 1.0)
        bring_back(stage.database)
        stage.pause(1.0, 2.0)


def frozen(stage: Stage) -> None:
    """SIGSTOP to the server and all its backends, for longer than a step may take."""
    _freeze(stage, 24.0)


def frozen_long(stage: Stage) -> None:
    """The same for a minute."""
    _freeze(stage, 60.0)


def _freeze(stage: Stage, seconds: float) -> None:
    pids = family_of(stage.database.child.pid)
    signal_all(pids, signal.SIGSTOP)
    stage.pause(seconds, seconds + 1.0)
    signal_all(pids, signal.SIGCONT)


def cut_at_commit(stage: Stage) -> None:
    """Connections cut before a COMMIT arrives, and after it was obeyed but before the answer came back."""
    for n in range(CUTS):
        stage.database_link.cut_at = _at_commit(stage, "after" if n % 2 == 0 else "before")
        stage.until(lambda: stage.database_link.cut_at is None, 10.0)
        stage.pause(0.2, 0.6)


def _at_commit(stage: Stage, moment: Moment) -> "_Once":
    return _Once(stage, moment)


class _Once:
    """Strikes at the next COMMIT, and never again."""

    def __init__(self, stage: Stage, moment: Moment) -> None:
        self._stage = stage
        self._moment = moment

    def __call__(self, data: bytes) -> Moment:
        if b"COMMIT" not in data:
            return ""
        self._stage.database_link.cut_at = None
        return self._moment


def cut_all_the_time(stage: Stage) -> None:
    """Every connection of the line ended ten times a second, for five seconds."""
    for _ in range(50):
        stage.judge.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE starts_with(application_name, 'tallyport')"
        )
        time.sleep(0.1)


def no_room_for_more_sessions(stage: Stage) -> None:
    """Somebody takes every connection that the server has."""
    before = _stored(stage)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(psycopg.OperationalError):
            for _ in range(SESSIONS_MAX):
                stack.enter_context(psycopg.connect(stage.database_url))
        stage.pause(5.0, 6.0)
        stage.must("nothing was stored meanwhile", hold=_stored(stage) - before > 100)


def _stored(stage: Stage) -> float:
    return stage.watch.metrics().get("tallyport_ingest_stored_total", 0.0)


def locked(stage: Stage) -> None:
    """Somebody locks the table of positions; somebody else takes locks in the other order, which is a deadlock."""
    with psycopg.connect(stage.database_url) as connection:
        connection.execute("LOCK TABLE position IN ACCESS EXCLUSIVE MODE")
        stage.pause(6.0, 8.0)
        connection.rollback()
    for _ in range(3):
        with psycopg.connect(stage.database_url) as connection, contextlib.suppress(psycopg.OperationalError):
            connection.execute("UPDATE reader SET firmware = firmware")
            time.sleep(0.3)
            connection.execute("LOCK TABLE read IN ACCESS EXCLUSIVE MODE")
            connection.rollback()
