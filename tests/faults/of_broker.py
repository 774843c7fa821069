"""Faults of the broker: restarted, killed, killed together with the line, without our session, overflowing."""

import time
from typing import Final

from tests.faults.readers import Feed
from tests.faults.stage import Stage, bring_back

OVERFLOW: Final = 600
"""Messages more than the small broker holds for us."""


def restarted(stage: Stage) -> None:
    """Stopped in order, and started again."""
    stage.broker.stop()
    stage.pause(1.0, 2.0)
    bring_back(stage.broker)


def killed(stage: Stage) -> None:
    """SIGKILL twice, and started again."""
    for _ in range(2):
        stage.pause(0.5, 1.5)
        stage.broker.child.kill()
        stage.pause(0.5, 1.0)
        bring_back(stage.broker)


def killed_with_the_line(stage: Stage) -> None:
    """SIGKILL to both, as a power cut of the one machine would."""
    stage.pause(0.2, 1.0)
    stage.service.kill()
    stage.broker.child.kill()
    bring_back(stage.broker)
    stage.service.start()


def killed_with_a_full_spool(stage: Stage) -> None:
    """SIGKILL to broker and line while messages that we answered for wait on disk for the database."""
    stage.database_link.hold()
    stage.until(lambda: stage.watch.spooled_max > 100, 20.0)
    stage.must("nothing was put on disk", hold=stage.watch.spooled_max > 0)
    killed_with_the_line_held(stage)


def killed_with_the_line_held(stage: Stage) -> None:
    """The second half of the above."""
    stage.service.kill()
    stage.broker.child.kill()
    bring_back(stage.broker)
    stage.database_link.release()
    stage.service.start()


def session_wiped(stage: Stage) -> None:
    """
    The broker forgets us while one batch is in work, and its numbers start again; then the line is killed.

    The database is slow enough for the kill to fall between the acknowledgement of what came by the old connection and
    the commit of what came by the new one: if that acknowledgement goes out, the broker forgets new messages for it.
    """
    stage.feed.resting = True
    time.sleep(1.0)
    stage.database_link.hold()
    stage.feed.read_all()
    time.sleep(1.0)
    stage.broker.child.kill()
    (stage.broker.folder / "mosquitto.db").unlink(missing_ok=True)
    bring_back(stage.broker)
    stage.until(lambda: stage.watch.metrics().get("tallyport_mqtt_connected") == 1.0, 20.0)
    stage.feed.resting = False
    time.sleep(1.0)
    before = _seq(stage)
    stage.database_link.delay_s = (0.1, 0.0)
    stage.database_link.release()
    stage.must("nothing was stored any more", hold=stage.until(lambda: _seq(stage) > before, 30.0))
    time.sleep(0.3)
    stage.service.kill()
    stage.database_link.delay_s = (0.0, 0.0)
    stage.service.start()


def overflowing(stage: Stage) -> None:
    """The line is stopped, and far more comes than the broker holds for it."""
    stage.service.stop()
    _flood(stage.feed, stage)
    stage.service.start()


def overflowing_while_frozen(stage: Stage) -> None:
    """The line is frozen, and far more comes than the broker holds for it."""
    stage.service.freeze()
    _flood(stage.feed, stage)
    stage.service.thaw()


def _flood(feed: Feed, stage: Stage) -> None:
    """Read faster for as long as it takes."""
    before = len(stage.oracle.issued)
    stage.until(lambda: len(stage.oracle.issued) - before > OVERFLOW + 200, 60.0)
    feed.settle()


def _seq(stage: Stage) -> int:
    return int(stage.judge.rows("SELECT live_seq FROM site WHERE id = %(site)s")[0][0])
