"""Gaps in a reader's own numbers are what never reached us, and nothing else."""

import msgspec

from ingest.numbering import RUNS_MAX, Numbering
from ingest.sequence import GIVE_UP_US, HOLES_MAX, JUMP_MAX, Sequence


def _gaps(*numbers: int, every_us: int = 1) -> int:
    sequence = Sequence()
    return sum(sequence.observe(n, n, 1_000 + n, i * every_us) for i, n in enumerate(numbers))


def test_numbers_without_holes_have_no_gaps() -> None:
    """
    Wherever we come in, what follows without holes is whole.
    """
    assert _gaps(17, 18, 19, 20, every_us=GIVE_UP_US) == 0


def test_skipped_numbers_are_lost_after_a_while() -> None:
    """
    A hole counts once the broker has had time to fill it.
    """
    assert (_gaps(1, 2, 6, 7), _gaps(1, 2, 6, 7, 8, every_us=GIVE_UP_US)) == (0, 3)


def test_redelivered_numbers_fill_their_holes() -> None:
    """
    Brokers redeliver after newer messages; what comes late has not been lost.
    """
    assert _gaps(1, 2, 5, 3, 4, 6, 7, every_us=GIVE_UP_US // 4) == 0


def test_number_that_was_given_up_and_comes_after_all_is_no_loss() -> None:
    """
    What a broker brings an hour late is taken off what was lost.
    """
    sequence = Sequence()
    lost = [sequence.observe(n, n, n, t) for n, t in [(1, 1), (5, 2), (6, GIVE_UP_US + 2), (3, GIVE_UP_US + 3)]]
    assert lost == [0, 0, 3, -1]
    assert [sequence.observe(n, n, n, GIVE_UP_US * 2) for n in (2, 4, 4, 7)] == [-1, -1, 0, 0]


def test_numbers_that_may_still_come_are_awaited() -> None:
    """
    A skipped number is awaited until it comes or is given up.
    """
    sequence = Sequence()
    awaited = []
    for n, t in [(1, 1), (5, 2), (3, 3), (6, GIVE_UP_US + 2)]:
        sequence.observe(n, n, n, t)
        awaited.append(sequence.awaited)
    assert awaited == [0, 3, 2, 0]


def test_new_run_starts_anew() -> None:
    """
    After a reboot the numbers begin again, and that is no gap.
    """
    numbering = Numbering()
    lost = [numbering.observe(run, (n, n), t, t) for t, (run, n) in enumerate([("a", 90), ("a", 91), ("b", 0)])]
    assert lost == [0, 0, 0]


def test_messages_of_the_run_before_fill_its_holes() -> None:
    """
    A broker may bring what a reader said before its reboot after what it said since; neither run loses by it.
    """
    numbering = Numbering()
    told = [("a", 1), ("a", 4), ("b", 0), ("a", 2), ("b", 1), ("a", 3), ("b", 2)]
    lost = [numbering.observe(run, (n, n), n, t * GIVE_UP_US // 10) for t, (run, n) in enumerate(told, 1)]
    assert (sum(lost), numbering.awaited) == (0, 0)


def test_run_that_is_forgotten_has_lost_what_it_awaited() -> None:
    """
    Only so many runs are remembered, and what the oldest still lacked is counted when it goes.
    """
    numbering = Numbering()
    for n in (1, 4):
        numbering.observe("a", (n, n), n, n)
    lost = [numbering.observe(f"run {i}", (0, 0), 10 + i, 10 + i) for i in range(RUNS_MAX)]
    assert (lost, len(numbering.sequences)) == ([0] * (RUNS_MAX - 1) + [2], RUNS_MAX)


def test_wait_begins_anew_after_a_restart() -> None:
    """
    What a line awaited when it ended has the same time to come once somebody listens again.
    """
    before = Numbering()
    for n in (1, 3):
        before.observe("a", (n, n), n, 1_000)
    numbering = msgspec.json.decode(msgspec.json.encode(before), type=Numbering)
    numbering.wait_anew()
    lost = [numbering.observe("a", (n, n), n, at) for n, at in [(4, GIVE_UP_US * 9), (5, GIVE_UP_US * 10)]]
    assert lost == [0, 1]


def test_numbers_that_fall_while_time_goes_on_are_a_reboot() -> None:
    """
    A reader that names no run has rebooted when its numbers fall and its time does not.
    """
    sequence = Sequence()
    lost = [sequence.observe(n, n, raw, raw) for n, raw in [(500, 1), (501, 2), (3, 3), (4, 4), (7, 5)]]
    lost.append(sequence.observe(8, 8, 6, GIVE_UP_US + 5))
    assert lost == [0, 0, 0, 0, 0, 2]


def test_jump_past_all_bounds_is_a_reader_that_counts_elsewhere() -> None:
    """
    Nobody loses ten million messages unnoticed.
    """
    assert _gaps(0, JUMP_MAX + 2, JUMP_MAX + 3, every_us=GIVE_UP_US) == 0


def test_holes_past_all_bounds_are_lost() -> None:
    """
    Only so many stretches are remembered; the oldest count at once.
    """
    assert _gaps(*range(0, 2 * (HOLES_MAX + 3), 2)) == 2
