"""What passes a door with others, past another door, or after a wait in the doorway, is judged for what it is."""

import numpy as np

from core.engine.kernels_kind import LOOKS
from core.engine.kernels_wait import WAIT_US_MAX
from core.engine.passages import Passages
from core.engine.records import Records
from core.engine.records_passage import MILLING, STATIC, THROUGH
from tests.door_streams import door_site, joined, run_of
from tests.streams import SECOND_US, START_US
from tests.unit.test_passages import verdicts


def weak(at_us: int = START_US) -> Records:
    """A tag that is carried out, but read now and then only, at much the same level."""
    rows = run_of(np.random.default_rng(22), "out", 0, at_us, 4.0)[::6].copy()
    rows["rssi_dbm"] = np.maximum(np.round(rows["rssi_dbm"] / 3.0 - 49.0), -75.0)
    return rows


def inclined(door: int, kind: int, logit: float) -> Passages:
    """Doors of which one is inclined to take what it hears for one kind."""
    passages = Passages(door_site())
    passages.doors.weights[door, kind, LOOKS] += logit
    return passages


def test_weak_tag_on_a_pallet_is_judged_with_the_pallet() -> None:
    """
    A few flat reads look like a thing that stands there; amid others that go through they may have gone with them.
    """
    pallet = [run_of(np.random.default_rng(tag), "out", tag, for_s=4.0) for tag in range(1, 6)]
    alone, along = verdicts(weak()), verdicts(joined(weak(), *pallet))

    assert alone["verdict"].tolist() == [STATIC]
    assert along["through"][along["tag"] == 0][0] > 10.0 * alone["through"][0]


def test_tag_that_stands_by_a_door_stays_there_when_a_pallet_passes() -> None:
    """
    What is heard long before a pallet comes, and long after, has no part in its passage.
    """
    pallet = [run_of(np.random.default_rng(tag), "out", tag, START_US + 6 * SECOND_US, 4.0) for tag in range(1, 6)]
    stands = run_of(np.random.default_rng(9), "static", 0, for_s=18.0)
    told = verdicts(joined(stands, *pallet))

    assert told["verdict"][told["tag"] == 0].tolist() == [STATIC]


def test_wait_in_a_doorway_ends_when_the_tag_goes() -> None:
    """
    What came to a door and is held up there has one verdict, when it has gone, from its begin to its end.
    """
    rows = run_of(np.random.default_rng(31), "milling", for_s=50.0)
    told = verdicts(rows, passages=inclined(0, STATIC, -50.0))

    assert told["opened_us"].tolist() == [START_US]
    assert told["closed_us"].tolist() == [rows["seen_us"][-1]]


def test_wait_without_end_has_a_verdict_after_a_while() -> None:
    """
    What stays in a doorway for minutes has its verdict in the end, whatever it looks like.
    """
    rows = run_of(np.random.default_rng(32), "milling", for_s=WAIT_US_MAX / SECOND_US + 40.0)
    passages = inclined(0, STATIC, -50.0)
    passages.fold(rows, 1)
    (told,) = passages.fetch()

    assert told["opened_us"] == START_US
    assert WAIT_US_MAX <= told["closed_us"] - START_US <= WAIT_US_MAX + 21 * SECOND_US


def test_cuts_change_no_wait() -> None:
    """
    Where the stream is cut into batches changes nothing about who waits.
    """
    rows = joined(*(run_of(np.random.default_rng(tag), "milling", tag, for_s=45.0) for tag in range(3)))
    whole, cut = (verdicts(rows, at, inclined(0, STATIC, -50.0)) for at in ((), range(1, 60, 7)))

    assert whole.tobytes() == cut.tobytes()


def test_what_went_through_another_door_only_came_past_this_one() -> None:
    """
    A tag that two doors take for going through went through the likelier one, and moved about at the other.
    """
    loud = run_of(np.random.default_rng(12), "out", for_s=4.0)
    other = loud.copy()
    other["read_point"], other["seen_us"] = 6 + loud["read_point"] % 2, loud["seen_us"] + 30_000
    passages = inclined(1, THROUGH, 8.5)
    told = verdicts(joined(loud, other), passages=passages)
    past = told[told["outdone"] == 1]

    assert np.sort(told["verdict"]).tolist() == [MILLING, THROUGH]
    assert past["verdict"].tolist() == [MILLING]
    assert past["through"][0] > 0.5
