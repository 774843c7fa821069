"""Each published rule, on streams small enough to work out by hand."""

from collections.abc import Iterable, Sequence

import pytest

from core.site import Antenna, Site
from tallyport.score import Published
from tallyport.score.presence import PRESENT, Word
from tests.accuracy.baselines.ale import Smoothing, ale_presence, ale_zone
from tests.accuracy.baselines.edgex import ASSET_TRACKING, RETAIL_GARMENT, edgex_presence, edgex_zone
from tests.accuracy.baselines.ema_strongest import ema_strongest
from tests.accuracy.baselines.epochs import epochs
from tests.accuracy.baselines.fixed_window import fixed_window_presence, fixed_window_zone
from tests.accuracy.baselines.last_antenna import last_antenna
from tests.accuracy.baselines.plain_bayes import plain_bayes
from tests.accuracy.baselines.smurf import smurf
from tests.accuracy.plans import Box, reader, room
from tests.accuracy.recording import Read


def two_rooms() -> Site:
    """Antenna 1 hangs in `west`, antenna 2 in `east`."""
    boxes = (Box(id="west", left=0, low=0, right=4, high=4), Box(id="east", left=4, low=0, right=8, high=4))
    antennas = (Antenna(port=1, x=2, y=2, zone="west"), Antenna(port=2, x=6, y=2, zone="east"))
    return room("rooms", boxes, [reader("r", *antennas)])


def heard(*rows: tuple[float, int, float]) -> list[Read]:
    """Reads of tag A: second, antenna, dBm."""
    return [Read(at_s, "r", antenna, "A", dbm) for at_s, antenna, dbm in rows]


def times(*at_s: float) -> list[Read]:
    """Reads of tag A at antenna 1."""
    return heard(*((at, 1, -60.0) for at in at_s))


def zones(published: Iterable[Published]) -> list[tuple[float, str]]:
    """What was published, as (second, zone)."""
    return [(word.at_s, word.zone) for word in published]


def states(words: Iterable[Word], epc: str = "A") -> list[tuple[float, bool]]:
    """What was said of a tag, as (second, whether it is there)."""
    return [(word.at_s, word.state == PRESENT) for word in words if word.epc == epc]


def with_keeper(reads: Sequence[Read], until_s: int) -> list[Read]:
    """The same with another tag read each second, so that time goes on."""
    return sorted([*reads, *(Read(float(at), "r", 1, "K", -50.0) for at in range(until_s))])


def test_last_antenna_follows_every_read() -> None:
    """
    Each read at another antenna is a change, however weak.
    """
    reads = heard((0, 1, -50), (1, 2, -80), (2, 2, -80), (3, 1, -50))

    assert [(0, "west"), (1, "east"), (3, "west")] == zones(last_antenna(reads, two_rooms()))


def test_ema_strongest_forgets_a_silent_antenna() -> None:
    """
    The loudest average wins while it is fresh; after 5 s of silence the other does.
    """
    reads = heard((0, 1, -50), (1, 2, -60), (4, 2, -60), (6, 2, -60))

    assert [(0, "west"), (6, "east")] == zones(ema_strongest(reads, two_rooms()))


def test_epochs_come_though_they_are_empty() -> None:
    """
    An epoch without reads comes too, so that silence is seen.
    """
    assert [(0, 1), (1, 0), (2, 1)] == [(epoch.number, len(epoch.reads)) for epoch in epochs(times(10, 12.5), 1.0)]


def test_fixed_window_zone_averages_over_the_window() -> None:
    """
    With a window of two epochs the second epoch still hears the first: (-50) beats (-60).
    """
    reads = heard((0, 1, -50), (1, 2, -60), (2, 2, -60), (3, 2, -60))

    assert [(1, "west"), (3, "east")] == zones(fixed_window_zone(2)(reads, two_rooms()))


def test_fixed_window_presence_ends_with_the_window() -> None:
    """
    A tag last read in the first epoch is gone at the end of the third, if the window is two epochs.
    """
    words = fixed_window_presence(2, 1.0)(with_keeper(times(0.5), 6), two_rooms())

    assert [(1.0, True), (3.0, False)] == states(words)


def test_plain_bayes_weighs_each_missed_epoch_by_how_often_the_tag_is_read() -> None:
    """
    After ten epochs with a read each, a miss speaks 12 to 1 for having gone, and four of them beat 2000 to 1; a tag
    read in every other epoch is not gone after four.
    """
    steady = times(*(at + 0.5 for at in range(10)))
    seldom = times(*(2 * at + 0.5 for at in range(10)))

    assert [(1.0, True), (14.0, False)] == states(plain_bayes(1.0)(with_keeper(steady, 16), two_rooms()))
    assert [(1.0, True)] == states(plain_bayes(1.0)(with_keeper(seldom, 23), two_rooms()))


def test_smurf_grows_its_window_to_be_complete() -> None:
    """
    A tag read in every epoch for a while gets a window of three (ln 20 = 3.0 at rate 0.99 makes four), so that one
    missed epoch is no exit, and a long silence is.
    """
    reads = times(*(at + 0.5 for at in range(10)), 11.5, 12.5)

    words = states(smurf(1.0)(with_keeper(reads, 30), two_rooms()))

    assert (1.0, True) == words[0]
    assert 2 == len(words)
    assert 14.0 <= words[1][0] <= 18.0


def test_smurf_learns_the_rate_of_a_seldom_read_tag() -> None:
    """
    A tag read in every third epoch flickers until its rate is known, then no more: the trap of one read a round.
    """
    reads = times(*(at + 0.5 for at in range(0, 300, 3)))

    words = states(smurf(1.0)(with_keeper(reads, 301), two_rooms()))

    assert [] == [word for word in words if 30 < word[0] < 300]


def test_ale_observes_after_more_than_the_count() -> None:
    """
    Glimpsed twice is not observed with a count of two; the third read is. Lost comes after its time-out.
    """
    rule = Smoothing(observed_count=2, observed_time_s=100, glimpsed_timeout_s=5, lost_timeout_s=4)
    words = ale_presence(rule)(with_keeper(times(0.1, 1.1, 2.1), 10), two_rooms())

    assert [(2.1, True), (6.5, False)] == states(words)


def test_ale_forgets_a_glimpse() -> None:
    """
    A read that follows its glimpse too late begins anew.
    """
    rule = Smoothing(observed_count=1, observed_time_s=100, glimpsed_timeout_s=2, lost_timeout_s=4)

    assert [] == states(ale_presence(rule)(with_keeper(times(0.1, 5.1, 9.1), 12), two_rooms()))


def test_ale_zone_is_the_last_one_that_became_observed() -> None:
    """
    Three reads make a zone observed; it stays until another becomes so.
    """
    reads = heard(*((at, 1, -60) for at in (0, 1, 2)), *((at, 2, -60) for at in (3, 4, 5)))

    assert [(2, "west"), (5, "east")] == zones(ale_zone()(reads, two_rooms()))


@pytest.mark.parametrize(("silent_ms", "offset_db"), [(0, 6), (500, 6), (1_000, 2), (1_250, 0), (2_000, -6)])
def test_edgex_offset_falls_after_the_holdoff(silent_ms: float, offset_db: float) -> None:
    """
    asset_tracking: 6 dB up to 500 ms, then 8 dB a second less.
    """
    assert offset_db == pytest.approx(ASSET_TRACKING.offset_db(silent_ms))


def test_edgex_moves_only_with_two_reads_and_enough_level() -> None:
    """
    7 dB louder moves a tag, but not before the second read there; 5 dB louder doesn't while its place still speaks.
    """
    louder = heard((0, 1, -60), (0.1, 2, -53), (0.2, 2, -53))
    less = heard((0, 1, -60), (0.1, 2, -55), (0.2, 2, -55))

    assert [(0, "west"), (0.2, "east")] == zones(edgex_zone(ASSET_TRACKING)(louder, two_rooms()))
    assert [(0, "west")] == zones(edgex_zone(ASSET_TRACKING)(less, two_rooms()))


def test_edgex_garment_holds_on_where_asset_lets_go() -> None:
    """
    Two quieter reads 2 s after the last at home move an asset (offset -6 dB), and no garment (60 s of hold-off).
    """
    reads = heard((0, 1, -60), (1.9, 2, -63), (2, 2, -63))

    assert [(0, "west"), (2, "east")] == zones(edgex_zone(ASSET_TRACKING)(reads, two_rooms()))
    assert [(0, "west")] == zones(edgex_zone(RETAIL_GARMENT)(reads, two_rooms()))


def test_edgex_departs_after_the_threshold() -> None:
    """
    Departed comes at the first look after the threshold, Arrived with the next read.
    """
    words = edgex_presence(3.0)(with_keeper(times(0.5, 8.5), 10), two_rooms())

    assert [(0.5, True), (4.0, False), (8.5, True)] == states(words)
