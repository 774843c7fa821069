"""Gaps in a reader's own numbers are what never reached us, and nothing else."""

from ingest.sequence import GIVE_UP_US, MISSING_MAX, Sequence


def _gaps(*numbers: int, every_us: int = 1) -> int:
    sequence = Sequence()
    return sum(sequence.observe("boot", n, n, 1_000 + n, i * every_us) for i, n in enumerate(numbers))


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


def test_new_run_starts_anew() -> None:
    """
    After a reboot the numbers begin again, and that is no gap.
    """
    sequence = Sequence()
    lost = [sequence.observe(boot, n, n, t, t) for t, (boot, n) in enumerate([("a", 90), ("a", 91), ("b", 0)])]
    assert lost == [0, 0, 0]


def test_numbers_that_fall_while_time_goes_on_are_a_reboot() -> None:
    """
    A reader that names no run has rebooted when its numbers fall and its time does not.
    """
    sequence = Sequence()
    lost = [sequence.observe("", n, n, raw, raw) for n, raw in [(500, 1), (501, 2), (3, 3), (4, 4), (7, 5)]]
    lost.append(sequence.observe("", 8, 8, 6, GIVE_UP_US + 5))
    assert lost == [0, 0, 0, 0, 0, 2]


def test_jump_past_all_bounds_is_counted_at_once() -> None:
    """
    Only so many missing numbers are remembered.
    """
    assert _gaps(0, MISSING_MAX + 5_000) == 4_999
