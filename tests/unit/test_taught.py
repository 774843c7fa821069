"""A calibration taken over by a running engine: what it changes, what it leaves, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from core.engine import Engine
from core.engine.calibration import BadCalibration, Calibration
from core.engine.checkpoint import taught_in
from tests.streams import SECOND_US, START_US, Delivered, Heard, crossed, run, small_site

SITE = small_site()
EPC = "3034257BF7194E4000001A85"
LEFT_POINT = SITE.read_point_index["west", 1]


def heard(first: int, last: int) -> list[Delivered]:
    """A tag that the west reader's first antenna hears once a second."""
    messages = []
    for second in range(first, last):
        at_us = START_US + second * SECOND_US
        word = Heard(seen_us=at_us, arrived_us=at_us, read_point=LEFT_POINT, epc=EPC, rssi_dbm=-55.0)
        messages.append(Delivered(at_us=at_us, arrived_us=at_us, words=(word,)))
    return messages


def zone_of(engine: Engine) -> str:
    """The zone that the tag is settled to be in."""
    view = engine.explain(EPC)
    assert view is not None
    return view.zone


def test_take_over_moves_a_tag_by_its_next_reads() -> None:
    """
    A tag stays where it was put until it is read again; under the new table the same reads put it elsewhere.
    """
    engine = Engine(SITE)
    run(engine, heard(0, 10))
    before = zone_of(engine)
    engine.take_over(crossed(SITE), 1)
    at_once = zone_of(engine)
    steps = run(engine, heard(10, 60))
    moved = [move for step in steps for move in step.movements]

    assert (before, at_once, zone_of(engine)) == ("left", "left", "right")
    assert {step.taught for step in steps} == {1}
    assert [(SITE.zones[move.from_zone].id, SITE.zones[move.to_zone].id) for move in moved] == [("left", "right")]


def test_take_over_cells_and_back_keeps_the_zone() -> None:
    """
    What was believed of a zone is spread over its cells, and of cells comes back to their zone.
    """
    engine = Engine(SITE)
    run(engine, heard(0, 10))
    before = engine.explain(EPC)
    engine.take_over(crossed(SITE, 2.0), 1)
    in_cells = engine.explain(EPC)
    engine.take_over(None, 2)
    after = engine.explain(EPC)

    assert before is not None
    assert in_cells is not None
    assert after is not None
    assert before.candidates[0].zone == in_cells.candidates[0].zone == after.candidates[0].zone == "left"
    assert sum(candidate.probability for candidate in in_cells.candidates) == pytest.approx(1.0, abs=1e-5)
    assert after.candidates[0].probability == pytest.approx(before.candidates[0].probability, abs=0.05)


def test_checkpoint_says_what_it_was_made_under() -> None:
    """
    A checkpoint knows its calibration's number, can be read under another one, and rubbish has none.
    """
    engine = Engine(SITE, crossed(SITE, 2.0), 7)
    run(engine, heard(0, 10))
    body = engine.checkpoint()
    other = Engine(SITE)
    other.restore(body, [(0, EPC)])

    assert taught_in(body) == 7
    assert taught_in(b"rubbish") == 0
    assert zone_of(other) == zone_of(engine)


def test_calibration_fits_a_plan_in_another_order() -> None:
    """
    Zones and read points may stand in another order than when it was learned, and retired ones among them.
    """
    learned = crossed(SITE)
    zones = (replace(SITE.zones[2]), replace(SITE.zones[0], id="old", retired=True), SITE.zones[1], SITE.zones[0])
    order = tuple((point.reader, point.antenna) for point in reversed(SITE.read_points))
    other = replace(SITE, zones=zones, read_point_order=(("gone", 1), *order))
    _, table, _ = learned.laid_on(other)

    assert table.dbm.shape == (len(order) + 1, 2)
    assert np.array_equal(table.dbm[1:, ::-1], learned.hearing.dbm[::-1])
    assert (table.chance[0] < table.chance[1:].max()).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"site": "other"}, "of site 'other', not of 'small'"),
        ({"read_points": (("attic", 1), ("west", 0))}, "the plan has no antenna attic/1"),
        ({"read_points": (("west", 0), ("west", 1))}, "antenna east/0, east/1, east/2, east/3, west/2 was not there"),
        ({"zones": (("left", 1), ("cellar", 1))}, "the plan has no zone cellar; zone right was not there"),
        ({"zones": (("left", 2), ("right", 1))}, "the outline of zone left has changed"),
        ({"doors": {"gate": None}}, "the plan has no door gate"),
    ],
)
def test_calibration_of_another_plan_is_refused(change: dict[str, object], said: str) -> None:
    """
    What the plan has not, or has and the calibration doesn't know, is named.
    """
    with pytest.raises(BadCalibration, match=said):
        Engine(SITE, replace(crossed(SITE), **change))  # type: ignore[arg-type] # any of its fields


@pytest.mark.parametrize(
    "damage",
    [
        {"version": 1},
        {"step_m": float("nan")},
        {"step_m": -1.0},
        {"manner": {"evidence": 2.0}},
        {"manner": {"loudness": 1.0}},
        {"zones": [["left", 10**30]]},
        {"zones": "left"},
        {"read_points": [["west"]]},
        {"hearing": {"dbm": [[1.0]]}},
        {"doors": {"door-1": {}}},
        {"doors": []},
        {"learned_from": 3},
    ],
)
def test_calibration_from_damaged_values_is_refused(damage: dict[str, object]) -> None:
    """
    Whatever stands where a number or a table should: it is refused in words, with what to do.
    """
    with pytest.raises(BadCalibration, match="calibrate anew"):
        Calibration.from_json(crossed(SITE).to_json() | damage)


@pytest.mark.parametrize("name", ["dbm", "up_db", "down_db", "chance"])
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_calibration_from_impossible_levels_is_refused(name: str, value: float) -> None:
    """
    A table with something in it that is no number, or a spread that is none, is refused.
    """
    body = crossed(SITE).to_json()
    body["hearing"][name][0][0] = value
    with pytest.raises(BadCalibration, match="calibrate anew"):
        Calibration.from_json(body)
    body["hearing"][name][0][0] = 0.0
    if name.endswith("_db"):
        with pytest.raises(BadCalibration, match="a spread is not above zero"):
            Calibration.from_json(body)
