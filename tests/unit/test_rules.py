"""Each rule, on steps made by hand."""

from dataclasses import replace

import numpy as np

from core.model.alert import AlertRaised, AlertResolved, Severity
from core.model.columns import ReadColumns
from core.model.step import Movement, MovementKind, PositionColumns, ReaderChange, Step, StoredReads
from core.rules import RULES, World, evaluate
from core.rules.left_without_shipment import left_without_shipment
from core.rules.missing import missing
from core.rules.reader_offline import reader_offline
from tests.streams import small_site

SITE = small_site()
LEFT_ROOM, DOOR = SITE.zone_index["left"], SITE.zone_index["door"]
DOOR_POINT = SITE.read_point_index["east", 3]
WORLD = World(site=SITE)
POSITION_DTYPES = {
    "tag_id": np.int64,
    "zone": np.int16,
    "state": np.uint8,
    "confidence": np.float32,
    "x_m": np.float32,
    "y_m": np.float32,
    "seen_us": np.int64,
    "since_us": np.int64,
    "read_point": np.int32,
}


def step_of(*movements: Movement, changes: tuple[ReaderChange, ...] = ()) -> Step:
    """A step with nothing in it but these."""
    nothing = StoredReads(reads=ReadColumns.empty(), tag_id=np.empty(0, np.int64))
    return Step(
        site="small",
        seq=1,
        closed_us=10,
        settled_us=8,
        stored=nothing,
        late=nothing,
        new_tags=(),
        positions=PositionColumns(**{name: np.empty(0, dtype) for name, dtype in POSITION_DTYPES.items()}),
        movements=movements,
        reader_changes=changes,
    )


def movement(kind: MovementKind, from_zone: int, to_zone: int) -> Movement:
    """A tag's movement at 5 microseconds, as the door's antenna saw it."""
    return Movement(
        at_us=5,
        tag_id=3,
        epc="AB",
        kind=kind,
        from_zone=from_zone,
        to_zone=to_zone,
        read_point=DOOR_POINT,
        confidence=0.9,
        trail=((1, DOOR_POINT, -50.0), (2, DOOR_POINT, -200.0)),
    )


LEAVE = movement(MovementKind.LEAVE, DOOR, DOOR)
GONE = movement(MovementKind.MISSING, LEFT_ROOM, LEFT_ROOM)


def test_left_without_shipment_names_tag_door_and_reads() -> None:
    """
    A tag that leaves unshipped raises one alert, with the door, the tag and the reads that say so.
    """
    [alert] = left_without_shipment(step_of(LEAVE), WORLD)

    assert isinstance(alert, AlertRaised)
    assert (alert.rule, alert.subject, alert.zone) == ("left_without_shipment", "AB", "door")
    assert alert.title == "AB left through Dock door 1 without a shipment"
    assert alert.severity is Severity.HIGH
    assert alert.evidence["door"] == "door-1"
    assert alert.evidence["reads"] == [
        {"seen_us": 1, "reader": "east", "antenna": 3, "rssi_dbm": -50.0},
        {"seen_us": 2, "reader": "east", "antenna": 3, "rssi_dbm": None},
    ]


def test_left_without_shipment_is_quiet_for_what_is_shipped_there() -> None:
    """
    A tag on an open shipment through this door raises nothing.
    """
    asked = []

    def shipped(epc: str, door: str) -> bool:
        asked.append((epc, door))
        return True

    assert list(left_without_shipment(step_of(LEAVE), replace(WORLD, shipped=shipped))) == []
    assert asked == [("AB", "door-1")]


def test_left_without_shipment_of_something_dear_is_critical() -> None:
    """
    A loss of much worth is critical.
    """
    [alert] = left_without_shipment(step_of(LEAVE), replace(WORLD, value=lambda _epc: 900.0))

    assert isinstance(alert, AlertRaised)
    assert alert.severity is Severity.CRITICAL


def test_left_without_shipment_names_the_zone_of_an_exit_without_a_door() -> None:
    """
    Where the plan has no door for the zone, the zone's own name serves.
    """
    [alert] = left_without_shipment(step_of(LEAVE), World(site=replace(SITE, doors=())))

    assert isinstance(alert, AlertRaised)
    assert (alert.evidence["door"], alert.title) == ("door", "AB left through Dock door 1 without a shipment")


def test_left_without_shipment_resolves_when_seen_inside() -> None:
    """
    A tag that comes from a door into a room clears its alert; one that moves between rooms says nothing.
    """
    inside = movement(MovementKind.MOVE, DOOR, LEFT_ROOM)
    between = movement(MovementKind.MOVE, LEFT_ROOM, SITE.zone_index["right"])
    [change] = left_without_shipment(step_of(inside, between), WORLD)

    assert change == AlertResolved(
        rule="left_without_shipment", subject="AB", at_us=5, reason="seen again inside, in Left room"
    )


def test_missing_raises_and_resolves() -> None:
    """
    A tag gone missing is to be looked for where it was last; when it appears again the alert clears.
    """
    back = movement(MovementKind.APPEAR, LEFT_ROOM, SITE.zone_index["right"])
    raised, resolved = missing(step_of(GONE, back), WORLD)

    assert isinstance(raised, AlertRaised)
    assert (raised.title, raised.zone) == ("AB is missing from Left room", "left")
    assert resolved == AlertResolved(rule="missing", subject="AB", at_us=5, reason="seen again in Right room")


def test_missing_says_nothing_of_a_first_sight() -> None:
    """
    A tag seen for the first time was not missing.
    """
    assert list(missing(step_of(movement(MovementKind.APPEAR, -1, LEFT_ROOM)), WORLD)) == []


def test_missing_is_held_back_while_the_reader_is_offline() -> None:
    """
    What a dead reader heard last is not missing, wherever in the step the reader died.
    """
    off_later = ReaderChange(at_us=7, reader="east", online=False, reason="silent")
    off_before = replace(off_later, at_us=4)
    world = replace(WORLD, offline_readers=frozenset({"east"}))

    assert len(list(missing(step_of(GONE, changes=(off_later,)), world))) == 1
    assert len(list(missing(step_of(GONE, changes=(off_before,)), world))) == 0
    assert len(list(missing(step_of(GONE), world))) == 0
    assert len(list(missing(step_of(GONE, changes=(replace(off_later, online=True),)), WORLD))) == 0


def test_reader_offline_raises_and_resolves() -> None:
    """
    A reader that goes raises one alert that names what it leaves blind; heard again, it clears.
    """
    gone = ReaderChange(at_us=4, reader="east", online=False, reason="silent")
    raised, resolved = reader_offline(step_of(changes=(gone, replace(gone, at_us=6, online=True))), WORLD)

    assert isinstance(raised, AlertRaised)
    assert (raised.subject, raised.title) == ("east", "Reader East is offline")
    assert raised.advice.endswith("Until then nothing new is known of Right room, Dock door 1.")
    assert resolved == AlertResolved(rule="reader_offline", subject="east", at_us=6, reason="heard again")


def test_evaluate_asks_every_rule() -> None:
    """
    Evaluating a step adds the alerts of all rules, in the rules' order, and changes nothing else.
    """
    gone = ReaderChange(at_us=9, reader="east", online=False, reason="silent")
    step = step_of(LEAVE, GONE, changes=(gone,))
    told = evaluate(step, WORLD)

    assert [alert.rule for alert in told.alerts] == ["left_without_shipment", "missing", "reader_offline"]
    assert step == replace(told, alerts=())
    assert len(RULES) == 3
