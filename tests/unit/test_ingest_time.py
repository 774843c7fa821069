"""Stream time stands still while the broker hands over a backlog; a reader's wrong clock is found and put right."""

import pytest

from ingest.clock_offset import ClockOffsets
from ingest.stream_clock import PENDING_READS_MAX, QUIET_BATCHES, SLACK_US, StreamClock

S = 1_000_000


def test_stream_time_of_a_fresh_database_starts_at_once() -> None:
    """
    With no past nothing can come again, so time goes on from the first message.
    """
    stream = StreamClock(None, 7 * S)
    stream.watch(0, connected=True, epoch=1)
    at = stream.at(100 * S, 99 * S)

    assert (at, stream.close(101 * S, backlog=False, reads=1, newest_seen_us=101 * S)) == (100 * S, 101 * S)


def test_stream_time_waits_for_reads_that_we_are_late_to_take() -> None:
    """
    After a stall of ours the reads that waited are on time: stream time goes by their own.
    """
    stream = StreamClock(None, 0)
    stream.watch(0, connected=True, epoch=1)
    stream.close(100 * S, backlog=False, reads=1, newest_seen_us=100 * S)
    after = [
        stream.close(110 * S, backlog=True, reads=9, newest_seen_us=101 * S),
        stream.close(110 * S, backlog=False, reads=0, newest_seen_us=0),
        stream.close(111 * S, backlog=False, reads=9, newest_seen_us=111 * S),
    ]

    assert after == [101 * S + SLACK_US, 101 * S + SLACK_US, 111 * S]


def test_stream_time_goes_on_where_nothing_comes() -> None:
    """
    A quiet floor settles by our clock; one empty batch is not yet quiet.
    """
    stream = StreamClock(None, 0)
    stream.watch(0, connected=True, epoch=1)
    stream.close(100 * S, backlog=False, reads=1, newest_seen_us=100 * S)
    closes = [stream.close((101 + i) * S, backlog=False, reads=0, newest_seen_us=0) for i in range(QUIET_BATCHES)]

    assert closes == [100 * S + SLACK_US] * (QUIET_BATCHES - 1) + [(100 + QUIET_BATCHES) * S]


def test_stream_time_does_not_run_with_a_clock_from_the_future() -> None:
    """
    A read from the future moves stream time no further than our own clock.
    """
    stream = StreamClock(None, 0)
    stream.watch(0, connected=True, epoch=1)

    assert stream.close(100 * S, backlog=False, reads=1, newest_seen_us=160 * S) == 100 * S


def test_stream_time_is_held_after_a_restart_until_redelivery_is_over() -> None:
    """
    After a restart time stands at the last commit until the backlog is gone and the broker's wait has passed.
    """
    stream = StreamClock(50 * S, 7 * S)
    closes = []
    for after_s, backlog in ((1, True), (3, False), (8, True), (9, False), (10, False)):
        stream.watch(after_s * S, connected=True, epoch=1)
        stream.at((100 + after_s) * S)
        newest_us = (100 + after_s) * S - 5 * S
        closes.append(stream.close((100 + after_s) * S, backlog=backlog, reads=1, newest_seen_us=newest_us))

    assert closes == [50 * S] * 3 + [104 * S + SLACK_US, 105 * S + SLACK_US]


@pytest.mark.parametrize("waits_at", ["disk", "broker"])
def test_stream_time_of_a_fresh_site_is_held_while_messages_of_before_wait(waits_at: str) -> None:
    """
    It starts with the first of them, and stands there until they are taken and the broker's wait has passed.
    """
    stream = StreamClock(None, 7 * S)
    if waits_at == "disk":
        stream.expect_past()
    closes = []
    for after_s, backlog in ((1, True), (2, False), (9, False)):
        stream.watch(after_s * S, connected=True, epoch=1, resumed=waits_at == "broker")
        stream.at(60 * S, 40 * S)
        closes.append(stream.close((100 + after_s) * S, backlog=backlog, reads=1, newest_seen_us=50 * S))

    assert closes == [40 * S, 40 * S, 50 * S + SLACK_US]


def test_stream_time_that_is_held_does_not_start_with_what_has_no_reads() -> None:
    """
    A heartbeat that comes before the messages that come again does not make their reads late.
    """
    stream = StreamClock(None, 7 * S)
    stream.watch(0, connected=True, epoch=1, resumed=True)

    assert [stream.at(60 * S), stream.at(61 * S, 40 * S), stream.at(62 * S, 50 * S)] == [60 * S, 40 * S, 40 * S]


def test_backlog_of_live_reads_is_none() -> None:
    """
    A line that is busy with reads of this moment has caught up, though more is always waiting.
    """
    stream = StreamClock(50 * S, 0)
    stream.watch(0, connected=True, epoch=1)

    assert stream.close(100 * S, backlog=True, reads=1, newest_seen_us=99 * S) == 99 * S + SLACK_US


def test_stream_time_is_held_from_the_loss_of_the_connection() -> None:
    """
    What readers publish while we are cut off must not be late when it comes.
    """
    stream = StreamClock(None, 2 * S)
    stream.watch(0, connected=True, epoch=1)
    before = stream.close(100 * S, backlog=False, reads=1, newest_seen_us=100 * S)
    stream.watch(1 * S, connected=False, epoch=1)
    cut_off = stream.close(150 * S, backlog=False, reads=0, newest_seen_us=0)
    stream.watch(2 * S, connected=True, epoch=2)
    again = stream.close(151 * S, backlog=False, reads=5, newest_seen_us=120 * S)
    stream.watch(4 * S, connected=True, epoch=2)
    after = stream.close(153 * S, backlog=False, reads=5, newest_seen_us=153 * S)

    assert [before, cut_off, again, after] == [100 * S, 100 * S, 100 * S, 153 * S]


def test_held_stream_time_follows_event_time_when_too_much_is_pending() -> None:
    """
    A backlog too large to hold settles by the reads' own time.
    """
    stream = StreamClock(50 * S, 7 * S)
    stream.watch(0, connected=True, epoch=1)
    first = stream.close(900 * S, backlog=True, reads=PENDING_READS_MAX, newest_seen_us=80 * S)
    second = stream.close(901 * S, backlog=True, reads=1, newest_seen_us=100 * S)
    assert (first, second) == (50 * S, 93 * S)


def test_good_clock_is_left_alone() -> None:
    """
    A delay of the network is no wrong clock.
    """
    offsets = ClockOffsets()
    assert [offsets.observe("r", t * S, t * S - 300_000) for t in range(60)] == [0] * 60


def test_clock_ahead_is_put_right_at_once() -> None:
    """
    Nothing is seen after it has arrived, so a reader from the future has a wrong clock.
    """
    offsets = ClockOffsets()
    assert offsets.observe("r", 100 * S, 130 * S) == -30 * S


def test_clock_behind_is_put_right_once_it_is_sure_and_stands_still() -> None:
    """
    A reader that seems slow may be sending old reads; after a while it is its clock, and the correction is steady.
    """
    offsets = ClockOffsets()
    found = [offsets.observe("r", t * S, t * S - 12 * S - (t % 3) * 90_000) for t in range(100, 160)]
    assert (found[:20], set(found[20:])) == ([0] * 20, {12 * S})


def test_replay_of_old_reads_is_no_wrong_clock() -> None:
    """
    A reader that hands over what it had kept is not corrected: it spoke in time a moment ago.
    """
    offsets = ClockOffsets()
    for t in range(100, 160):
        offsets.observe("r", t * S, t * S - 100_000)
    assert [offsets.observe("r", t * S, t * S - 120 * S) for t in range(280, 310)] == [0] * 30


def test_clock_that_was_ahead_and_is_set_right_is_believed_soon() -> None:
    """
    Once all that a reader says has come with our time for two seconds, it is no longer taken for ahead.
    """
    offsets = ClockOffsets()
    for t in range(100, 160):
        offsets.observe("r", t * S, t * S + 290 * S)
    found = [offsets.observe("r", t * S, t * S - 100_000) for t in range(160, 170)]

    assert (found[:2], found[2:]) == ([-290 * S] * 2, [0] * 8)


def test_old_reads_of_a_clock_ahead_between_new_ones_do_not_set_it_right() -> None:
    """
    Reads that are as old as the clock is ahead come with our time; new ones between them show that it is still ahead.
    """
    offsets = ClockOffsets()
    found = [offsets.observe("r", t * S, t * S + (60 * S if t % 2 else 0)) for t in range(101, 140)]

    assert set(found) == {-60 * S}


def test_clock_far_off_is_left_to_the_range_check() -> None:
    """
    Beyond five minutes it is no drift.
    """
    offsets = ClockOffsets()
    assert offsets.observe("r", 100_000 * S, 101_000 * S) == 0
