"""The methods that learn, on rooms small enough to see what they should learn."""

from dataclasses import replace

import numpy as np
import pytest

from core.site import Antenna, Door, Site, ZoneKind
from tests.accuracy.baselines.grid_bayes import Walk, grid_bayes, stepped
from tests.accuracy.baselines.histogram_hmm import Belief, histogram_hmm, moved
from tests.accuracy.baselines.histograms import count_reads, log_chances
from tests.accuracy.baselines.landmarc import landmarc, nearest_mean
from tests.accuracy.baselines.passage_regression import fit, passage_regression
from tests.accuracy.baselines.passages import all_out, loud_out, visits
from tests.accuracy.baselines.weighted_centroid import strongest_antenna, weighted_centroid
from tests.accuracy.plans import Box, reader, room
from tests.accuracy.recording import Place, Read, Recording


def hall() -> Site:
    """Two squares of 4 m side by side, an antenna in the middle of each."""
    boxes = (Box(id="west", left=0, low=0, right=4, high=4), Box(id="east", left=4, low=0, right=8, high=4))
    antennas = (Antenna(port=1, x=2, y=2, zone="west"), Antenna(port=2, x=6, y=2, zone="east"))
    return room("hall", boxes, [reader("r", *antennas)])


def stand(from_s: float, west_dbm: float, east_dbm: float) -> list[Read]:
    """Ten seconds of reads at both antennas."""
    return [
        Read(from_s + 0.5 * half + 0.25 * (antenna - 1), "r", antenna, "A", dbm)
        for half in range(20)
        for antenna, dbm in ((1, west_dbm), (2, east_dbm))
    ]


def walk_test() -> Recording:
    """Ten seconds in the middle of each square."""
    return Recording(
        site=hall(),
        reads=[*stand(0, -50, -65), *stand(10, -65, -50)],
        truth=[Place("A", 0, 10, "west", 2.0, 2.0), Place("A", 10, 20, "east", 6.0, 2.0)],
    )


def test_histograms_share_out_all_chance() -> None:
    """
    The chances of all antennas and levels in a place sum to 1, and what was heard often is likely.
    """
    chances = np.exp(log_chances(count_reads(walk_test(), [0, 1], 2)))

    assert np.ones(2) == pytest.approx(chances.sum(axis=(1, 2)))
    assert chances[0, 0, 25] > 10 * chances[1, 0, 25]


def test_hmm_belief_spreads_with_time_and_stays_whole() -> None:
    """
    Left alone, a belief goes evenly to all zones; at once, it stays as it was.
    """
    sure = np.array([1.0, 0.0, 0.0])

    assert sure == pytest.approx(moved(sure, 0.0, 1.0))
    assert np.full(3, 1 / 3) == pytest.approx(moved(sure, 100.0, 1.0))
    assert 1.0 == pytest.approx(moved(sure, 0.7, 1.0).sum())


def test_hmm_places_by_what_it_learnt() -> None:
    """
    A tag that sounds like the walk test's east is placed there, though its last read is at the west antenna.
    """
    test = [*stand(100, -50, -65), *stand(110, -65, -50), Read(120.5, "r", 1, "A", -65.0)]

    words = list(histogram_hmm(Belief(alpha=0.5))(walk_test())(test, hall()))

    assert ["west", "east"] == [word.zone for word in words]
    assert 110 <= words[-1].at_s <= 111


def test_grid_step_keeps_all_belief_in_the_room() -> None:
    """
    Time moves belief to the cells beside, and none of it leaves.
    """
    belief = np.zeros((3, 3))
    belief[0, 0] = 1.0

    after = stepped(belief, 1.0, 1.0)

    assert 1.0 == pytest.approx(after.sum())
    assert after[0, 1] == pytest.approx(after[1, 0])


def test_grid_bayes_goes_to_the_surveyed_point() -> None:
    """
    A tag that sounds like the survey's point is placed near it.
    """
    words = list(grid_bayes(Walk(alpha=0.5))(walk_test())(stand(100, -65, -50), hall()))

    assert words[-1].x_m is not None
    assert 6.0 == pytest.approx(words[-1].x_m, abs=1.0)
    assert "east" == words[-1].zone


def test_landmarc_weighs_by_the_square_of_the_distance_in_signal() -> None:
    """
    A signal 1 dB from one point and 2 dB from another is placed at four fifths of the way to the first.
    """
    means, points = np.array([[-50.0], [-53.0]]), np.array([[0.0, 0.0], [5.0, 0.0]])

    assert (1.0, 0.0) == pytest.approx(nearest_mean(np.array([-51.0]), means, points))


def test_landmarc_places_at_the_point_that_sounds_alike() -> None:
    """
    With the survey's own levels the point itself is the answer.
    """
    last = list(landmarc(walk_test())(stand(100, -65, -50), hall()))[-1]

    assert (6.0, 2.0) == pytest.approx((last.x_m, last.y_m), abs=0.1)


def test_weighted_centroid_of_equals_is_their_middle() -> None:
    """
    Antennas that hear alike share the place; the strongest alone takes it whole.
    """
    alike, louder = stand(0, -60, -60), stand(0, -60, -55)

    assert 4.0 == pytest.approx(list(weighted_centroid(alike, hall()))[-1].x_m)
    assert 6.0 == list(strongest_antenna(louder, hall()))[-1].x_m


def dock() -> Site:
    """One square with antennas south and north, which is a dock door."""
    box = Box(id="dock", left=0, low=0, right=4, high=4, kind=ZoneKind.DOCK_DOOR)
    antennas = (Antenna(port=1, x=2, y=0, zone="dock"), Antenna(port=2, x=2, y=4, zone="dock"))
    plain = room("dock", [box], [reader("r", *antennas)])
    return replace(plain, doors=(Door(id="door", name="door", zone="dock"),))


def runs() -> Recording:
    """Thirty runs: carried in, carried out, and standing still."""
    chance = np.random.default_rng(1)
    reads: list[Read] = []
    truth: list[Place] = []
    for number in range(30):
        kind, way = (("through", "in"), ("through", "out"), ("static", "none"))[number % 3]
        begin = 20.0 * number
        slope = {"in": 20.0, "out": -20.0, "none": 0.0}[way]
        for tick in range(40):
            south = -55.0 - slope * (tick / 40 - 0.5) + chance.normal()
            north = -55.0 + slope * (tick / 40 - 0.5) + chance.normal()
            reads += [Read(begin + tick / 4, "r", 1, f"{number:02X}", south)]
            reads += [Read(begin + tick / 4 + 0.1, "r", 2, f"{number:02X}", north)]
        truth.append(Place(f"{number:02X}", begin, begin + 10, "dock", None, None, "door", kind, way))
    return Recording(site=dock(), reads=reads, truth=truth)


def test_visits_end_where_the_tag_is_silent() -> None:
    """
    More than three seconds without a read part two visits.
    """
    reads = [Read(at, "r", 1, "A", -60.0) for at in (0.0, 2.0, 5.5, 6.0)]

    assert [2, 2] == [len(visit.reads) for visit in visits(reads, dock())]


def test_simple_verdicts_at_the_door() -> None:
    """
    The portal without a second thought lets all go out; the louder one only what was loud.
    """
    reads = [Read(0.0, "r", 1, "A", -50.0), Read(0.0, "r", 1, "B", -70.0)]

    assert ["through", "through"] == [passage.verdict for passage in all_out(reads, dock())]
    assert ["through", "static"] == [passage.verdict for passage in loud_out(reads, dock())]


def test_regression_separates_what_a_line_separates() -> None:
    """
    Two heaps on two sides of a line are told apart.
    """
    rows = np.array([[-2.0], [-1.0], [1.0], [2.0]])

    assert [0, 0, 1, 1] == fit(rows, [0, 0, 1, 1], 2).classes(rows)


def test_passage_regression_learns_verdict_and_direction() -> None:
    """
    Runs that differ only in how levels go are told apart, and so are in and out.
    """
    said = passage_regression(runs())(runs().reads, dock())

    ways = {passage.epc: passage.direction for passage in said}
    assert {p.epc: p.verdict for p in runs().truth} == {passage.epc: passage.verdict for passage in said}
    assert [p.direction for p in runs().truth if p.direction != "none"] == [
        ways[p.epc] for p in runs().truth if p.direction != "none"
    ]
