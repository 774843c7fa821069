"""Faults that come in by the front door: rubbish, repeats, old reads, wild times, far too much."""

import gzip
import time
from typing import Final

from tests.faults.readers import Reader
from tests.faults.stage import Stage
from tests.integration.ingest_tools import BAD, columns, epc, native, now_us

DAY_US: Final = 86_400_000_000
BACKLOG: Final = 150_000
"""As many as a Zebra reader keeps."""
BACKLOG_AT_ONCE: Final = 100
STRANGERS: Final = 50_000
STRANGERS_AT_ONCE: Final = 500
AHEAD_US: Final = 290_000_000
DRIFT_US: Final = 50_000
DRIFTS: Final = 16
"""A tenth faster than ours, for eight seconds."""
BOMBS: Final = (
    b"x" * 1_200_000,
    b"[" * 900_000,
    b'{"v":1,"reads":' * 50_000,
    gzip.compress(bytes(40_000_000)),
    b'{"v":1,"boot":"' + b"x" * 900_000,
)


def rubbish(stage: Stage) -> None:
    """Messages that nobody can read, between good ones."""
    for payload in BAD.values():
        reader = stage.feed.readers[stage.rng.choice(sorted(stage.feed.readers))]
        reader.publish(f"tallyport/v1/{stage.site}/{reader.name}/reads", payload)
        stage.oracle.poison += 1
        time.sleep(0.1)


def repeated(stage: Stage) -> None:
    """Every message three times, while connections break so that some come again once more."""
    for reader in stage.feed.readers.values():
        reader.times = 3
    for _ in range(4):
        stage.pause(1.0, 2.0)
        stage.broker_link.cut()
    for reader in stage.feed.readers.values():
        reader.times = 1


def backlog(stage: Stage) -> None:
    """What a reader kept for a week comes at some thousand a second, between what it reads now."""
    reader = Reader("east-1", stage.oracle, stage.broker.url, stage.site)
    begun_us = now_us() - 7 * DAY_US
    try:
        for first in range(0, BACKLOG, BACKLOG_AT_ONCE):
            reads = [
                stage.oracle.issue("east-1", n % stage.world.tags, begun_us + n * 100_000 + stage.rng.randint(0, 1000))
                for n in range(first, first + BACKLOG_AT_ONCE)
            ]
            body = columns([(read.at_us, read.epc) for read in reads])
            reader.publish(f"tallyport/v1/{stage.site}/east-1/reads", body, tuple(reads))
            time.sleep(0.02)
        stage.must("the broker did not answer", hold=reader.flush())
    finally:
        reader.close()


def wild_times(stage: Stage) -> None:
    """Reads of 1970, of 2099, in nanoseconds, a day ahead: refused, and no chunk is made for them."""
    chunks = "SELECT count(*) FROM timescaledb_information.chunks"
    before = stage.judge.rows(chunks)
    wild_us = (1, 4_070_908_800_000_000, now_us() * 1_000, now_us() + DAY_US, now_us() - 30 * DAY_US)
    for n, at_us in enumerate(wild_us * 4):  # no two are the same message, which would be one that comes again
        reader = stage.feed.readers["west"]
        reader.publish(f"tallyport/v1/{stage.site}/{reader.name}/reads", native([(at_us + n, epc(3))]))
        stage.oracle.poison += 1
        time.sleep(0.05)
    time.sleep(2.0)
    stage.must("chunks were made for wild times", hold=stage.judge.rows(chunks) == before)


def clock_drifts(stage: Stage) -> None:
    """A reader's clock is set nearly five minutes ahead, runs on fast, and is set right again."""
    reader = stage.feed.readers["west"]
    reader.ahead_us = AHEAD_US
    for _ in range(DRIFTS):
        stage.pause(0.4, 0.6)
        reader.ahead_us += DRIFT_US
    reader.ahead_us = 0
    stage.pause(4.0, 5.0)


def zone_silent(stage: Stage) -> None:
    """A hall's reader says nothing: it is offline, and nothing in its hall is missing for that."""
    stage.world.stand_still()  # what walks into a hall where nobody reads has gone missing, as far as anybody can tell
    stage.pause(1.0, 1.5)
    stage.world.alerts["reader_offline", "west-1"] += 1
    stage.feed.muted.add("west")
    stage.until(lambda: ("reader_offline", "west-1") in stage.judge.alerts(), 60.0)
    stage.pause(1.0, 2.0)
    stage.feed.muted.clear()


def bombs(stage: Stage) -> None:
    """Messages made to take memory or time: too large, nested without end, packed a thousand to one."""
    reader = stage.feed.readers["west"]
    letters = "SELECT count(*) FROM dead_letter WHERE site = %(site)s"
    before_mb = stage.watch.rss_max_mb
    for payload in BOMBS:
        reader.publish(f"tallyport/v1/{stage.site}/{reader.name}/reads", payload)
        # What is too large is not read at all, so nobody knows of which reader it would have been.
        stage.oracle.poison += len(payload) < 1 << 20
        stage.pause(0.2, 0.4)
    all_kept = stage.until(lambda: stage.judge.rows(letters) == [(len(BOMBS),)], 10.0)
    stage.must("not every bomb is a dead letter", hold=all_kept)
    stage.must("memory was taken", hold=stage.watch.rss_max_mb < before_mb + 64)


def babble(stage: Stage) -> None:
    """One reader tells of fifty thousand tags that nobody knows, each once, in a few seconds."""
    reader = Reader("west-1", stage.oracle, stage.broker.url, stage.site)
    try:
        for n in range(0, STRANGERS, STRANGERS_AT_ONCE):
            reads = [stage.oracle.issue("west-1", 1_000 + n + i) for i in range(STRANGERS_AT_ONCE)]
            body = columns([(read.at_us, read.epc) for read in reads])
            reader.publish(f"tallyport/v1/{stage.site}/west-1/reads", body, tuple(reads))
            time.sleep(0.02)
        stage.must("the broker did not answer", hold=reader.flush())
    finally:
        reader.close()
