"""What passes a door gets one verdict, whatever the batches were, and which way it went."""

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest

from core.calibrate.doors import LabelledRun, learn_doors
from core.door_axis import axis_of, out_of
from core.engine.door_weights import BadWeights, DoorWeights, default_weights
from core.engine.kernels_passage_shape import measure
from core.engine.passages import Passages
from core.engine.records import Records
from core.engine.records_passage import INWARD, OUTWARD, STATIC, THROUGH, new_work
from core.site_file import dump_site, load_site
from tests.door_streams import beam_at, door_site, joined, run_of, word_at
from tests.streams import SECOND_US, START_US

TAGS = 8
INSIDE = 8
"""The read point over the hall."""
END_US = START_US + 120 * SECOND_US


def verdicts(rows: Records, cuts: Sequence[int] = (), passages: Passages | None = None) -> Records:
    """All verdicts of a stream, folded second by second and cut in other places too."""
    at_doors = passages or Passages(door_site())
    for tick_us in range(START_US, END_US, SECOND_US):
        new = rows[(rows["seen_us"] > tick_us - SECOND_US) & (rows["seen_us"] <= tick_us)]
        for part in np.split(new, [cut for cut in cuts if cut < new.size]):
            at_doors.fold(part, TAGS)
        at_doors.close_due(tick_us)
    return at_doors.fetch()


@pytest.mark.parametrize("kind", ["static", "milling", "out", "in"])
def test_run_at_a_door_has_one_verdict(kind: str) -> None:
    """
    A run of eight seconds that ends in silence is told once, with its own begin and end.
    """
    run = run_of(np.random.default_rng(1), kind)
    told = verdicts(run)

    assert (told["opened_us"].tolist(), told["closed_us"].tolist()) == ([START_US], [run["seen_us"][-1]])


@pytest.mark.parametrize(("kind", "way"), [("out", OUTWARD), ("in", INWARD)])
def test_passage_through_a_door_has_its_direction(kind: str, way: int) -> None:
    """
    A tag that is carried from one side to the other goes through, that way.
    """
    told = verdicts(run_of(np.random.default_rng(2), kind))

    assert (told["verdict"].tolist(), told["direction"].tolist()) == ([THROUGH], [way])


def test_stray_is_told_once() -> None:
    """
    A tag that stands at a door for a minute gets its verdict after twenty seconds, and no other.
    """
    told = verdicts(run_of(np.random.default_rng(3), "static", for_s=60.0))

    assert told["verdict"].tolist() == [STATIC]


def test_stray_that_begins_to_move_is_told_anew() -> None:
    """
    A tag that stood at a door and is then carried out has a second verdict: it went through.
    """
    rng = np.random.default_rng(4)
    stands = run_of(rng, "static", for_s=30.0)
    goes = run_of(rng, "out", at_us=START_US + 30 * SECOND_US + 1)
    told = verdicts(joined(stands, goes))

    assert told["verdict"].tolist() == [STATIC, THROUGH]


def test_cuts_change_no_verdict() -> None:
    """
    Where the stream is cut into batches changes nothing that is told of several tags at once.
    """
    rng = np.random.default_rng(5)
    kinds = ["out", "out", "milling", "static", "in"]
    rows = joined(*(run_of(rng, kind, tag, START_US + tag * 90_000) for tag, kind in enumerate(kinds)))

    assert verdicts(rows).tobytes() == verdicts(rows, range(1, 400)).tobytes()


def test_restored_passages_go_on_as_if_nothing_had_happened() -> None:
    """
    State that was dumped in the middle of a stream and loaded elsewhere tells the same.
    """
    rng = np.random.default_rng(6)
    rows = joined(*(run_of(rng, kind, tag) for tag, kind in enumerate(["out", "static", "milling"])))
    half = rows["seen_us"] <= START_US + 4 * SECOND_US
    first, second = Passages(door_site()), Passages(door_site())
    first.fold(rows[half], TAGS)
    second.load({name: array.copy() for name, array in first.dump().items()}, TAGS)

    assert verdicts(rows[~half], passages=second).tobytes() == verdicts(rows[~half], passages=first).tobytes()


def test_reads_at_no_door_leave_no_trace() -> None:
    """
    What is read in the hall opens nothing.
    """
    rows = run_of(np.random.default_rng(7), "out")
    rows["read_point"] = 9
    passages = Passages(door_site())
    passages.fold(rows, TAGS)

    assert passages.at.n.tolist() == [0, 0]


@pytest.mark.parametrize(("first", "way"), [(0, OUTWARD), (1, INWARD)])
def test_beams_override_the_direction(first: int, way: int) -> None:
    """
    Beams broken one after the other while a tag passes say which way, whatever its levels say.
    """
    rows = run_of(np.random.default_rng(8), "in" if way == OUTWARD else "out")
    beams = (beam_at(START_US + 3_500_000, first), beam_at(START_US + 4_500_000, 1 - first))
    told = verdicts(joined(rows, *beams))

    assert told["direction"].tolist() == [way]


def test_word_of_a_reader_overrides_the_direction() -> None:
    """
    A reader that says itself which way a tag went is believed.
    """
    rows = run_of(np.random.default_rng(9), "in")
    told = verdicts(joined(rows, word_at(START_US + 7 * SECOND_US, 0, OUTWARD)))

    assert told["direction"].tolist() == [OUTWARD]


def test_axis_points_away_from_the_goods_or_where_the_plan_says() -> None:
    """
    Out is towards the near edge of the plan, unless the plan names an angle; antennas inside are behind the middle.
    """
    plain, turned = door_site(), door_site(facing_deg=90.0)

    assert [out_of(plain, door) for door in plain.doors] == [(0.0, -1.0), (1.0, 0.0)]
    assert out_of(turned, turned.doors[0]) == pytest.approx((math.cos(math.pi / 2), 1.0))
    assert axis_of(plain, plain.doors[0]).along_m == (2.5, 2.5, -2.5, -2.5)
    assert axis_of(plain, plain.doors[0]).across_m == (-2.5, 2.5, -2.5, 2.5)


def test_facing_of_a_door_survives_the_site_file() -> None:
    """
    A door's own angle is written to a site file and read back.
    """
    assert load_site(dump_site(door_site(facing_deg=270.0))).doors[0].facing_deg == 270.0


def test_door_weights_survive_json() -> None:
    """
    Weights are plain lists in JSON; those of another shape are refused.
    """
    weights = default_weights((1.0, -1.0))

    assert DoorWeights.from_json(json.loads(json.dumps(weights.to_json()))) == weights
    with pytest.raises(BadWeights, match="calibrate anew"):
        DoorWeights.from_json(weights.to_json() | {"centre": [1.0]})


def test_door_that_a_tag_likelier_went_through_is_believed() -> None:
    """
    Of two doors that hear a tag at once, the less likely one's verdict is told and marked, whichever closes first.
    """
    for later_us in (-SECOND_US // 2, SECOND_US // 2):
        loud = run_of(np.random.default_rng(12), "out", for_s=4.0)
        quiet = run_of(np.random.default_rng(13), "static", at_us=START_US + later_us, for_s=4.0)
        quiet["read_point"], quiet["rssi_dbm"] = 6, quiet["rssi_dbm"] - 15.0
        told = verdicts(joined(loud, quiet))

        assert {0: 0, 1: 1} == dict(zip(told["door"].tolist(), told["outdone"].tolist(), strict=True))


def test_what_others_hear_better_is_likelier_to_have_passed_by() -> None:
    """
    The same reads at a door speak less for having gone through where an antenna inside hears the tag louder all along.
    """
    passing = run_of(np.random.default_rng(12), "out", for_s=4.0)
    inside = run_of(np.random.default_rng(13), "static", for_s=4.0)
    inside["read_point"], inside["rssi_dbm"] = INSIDE, -45.0
    alone, beside = verdicts(passing), verdicts(joined(passing, inside))

    assert beside["through"][0] < alone["through"][0]


def test_what_is_heard_inside_first_or_afterwards_tells_the_way() -> None:
    """
    A tag that inside antennas hear until it comes went out; one that they hear when it has gone came in.
    """
    at_door = run_of(np.random.default_rng(14), "static", at_us=START_US + 2 * SECOND_US, for_s=4.0)
    ways = []
    for inside_s in (2, 5):
        inside = run_of(np.random.default_rng(13), "static", at_us=START_US + inside_s * SECOND_US, for_s=1.5)
        inside["read_point"], inside["rssi_dbm"] = INSIDE, -45.0
        passages, work = Passages(door_site()), new_work()
        passages.fold(joined(at_door, inside), 1)
        measure(passages.at.open[0], 0, passages.doors, work)
        ways.append(np.sign(work.way[3:]).tolist())

    assert ways == [[1.0, 1.0], [-1.0, -1.0]]


def labelled(rng: np.random.Generator, kind: str) -> LabelledRun:
    """One run with what it was."""
    rows = run_of(rng, kind)
    return LabelledRun(
        door="south",
        verdict=kind if kind in ("static", "milling") else "through",
        direction=kind if kind in ("out", "in") else "none",
        seen_us=rows["seen_us"],
        read_point=rows["read_point"],
        rssi_dbm=rows["rssi_dbm"],
    )


def test_door_learns_its_own_passages() -> None:
    """
    With labelled runs of each kind a door tells new ones of the same kind right; one without runs learns nothing.
    """
    rng = np.random.default_rng(10)
    learned = learn_doors(door_site(), [labelled(rng, kind) for kind in ("static", "milling", "out", "in") * 10])
    passages = Passages(door_site(), learned)
    kinds = ("static", "milling", "out", "in") * 2
    runs = [run_of(rng, kind, tag, START_US + tag * 12 * SECOND_US) for tag, kind in enumerate(kinds)]
    told = verdicts(joined(*runs), passages=passages)
    by_tag = told[np.argsort(told["tag"])]

    assert set(learned) == {"south"}
    assert by_tag["verdict"].tolist() == [0, 1, 2, 2] * 2
    assert by_tag["direction"].tolist() == [0, 0, 1, -1] * 2


def test_too_few_runs_teach_nothing() -> None:
    """
    A handful of runs leaves a door with the defaults.
    """
    assert learn_doors(door_site(), [labelled(np.random.default_rng(11), "out")] * 5) == {}
