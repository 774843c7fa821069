"""The engine as the line sees it: what a step tells, what it remembers, and how right it is in a small world."""

import random
from dataclasses import replace

import numpy as np
import pytest

from core.engine import CheckpointUnreadable, Engine
from core.engine.checkpoint import pack
from core.model.batch import Batch
from core.model.columns import UNHEARD_DBM
from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.model.sensor_reading import SensorReading
from core.model.step import LedgerRow, MovementKind, TagState
from tests.streams import SECOND_US, START_US, Delivered, Heard, batch_of, close, columns, run, small_site

EPC = "3034257BF7194E4000001A85"
SITE = small_site()
LEFT, RIGHT, DOOR = (SITE.zone_index[zone] for zone in ("left", "right", "door"))
IN_LEFT, IN_RIGHT, AT_DOOR = 1, 4, 6


def heard(second: float, read_point: int, epc: str = EPC, *, rssi_dbm: float = -55.0, lag_s: float = 0.5) -> Heard:
    """A read so many seconds after the start."""
    seen_us = START_US + round(second * SECOND_US)
    arrived_us = seen_us + round(lag_s * SECOND_US)
    return Heard(seen_us=seen_us, arrived_us=arrived_us, read_point=read_point, epc=epc, rssi_dbm=rssi_dbm)


def message(*words: Heard | ReaderEvent) -> Delivered:
    """The words in one message."""
    return Delivered(at_us=START_US, arrived_us=max(word.arrived_us for word in words), words=words)


def word(second: float, reader: str, kind: ReaderEventKind = ReaderEventKind.HEARTBEAT, port: int = 0) -> ReaderEvent:
    """What a reader says so many seconds after the start."""
    at_us = START_US + round(second * SECOND_US)
    return ReaderEvent(seen_us=at_us, arrived_us=at_us, reader=reader, kind=kind, port=port)


def test_step_shows_a_tag_at_its_first_read() -> None:
    """
    A tag's first read gives it an id and a live position in the same step; its movement follows once settled.
    """
    engine = Engine(SITE)
    [step] = run(engine, [message(heard(0, IN_LEFT))])

    assert [(new.tag_id, new.epc) for new in step.new_tags] == [(0, EPC)]
    assert step.positions.zone.tolist() == [LEFT]
    assert step.movements == ()
    [movement] = close(engine).movements
    assert (movement.kind, movement.from_zone, movement.to_zone) == (MovementKind.APPEAR, -1, LEFT)
    assert movement.trail == ((START_US, IN_LEFT, -55.0),)


def test_step_counts_stored_repeats_and_late() -> None:
    """
    The ledger says what became of each read, beside what the line counted.
    """
    engine = Engine(SITE)
    reads = [heard(5, IN_LEFT), heard(5.1, IN_LEFT), heard(1, IN_LEFT, lag_s=5), heard(5.1, IN_RIGHT)]
    row = LedgerRow(reader="west", messages=1, received=3)
    columns_, long = columns(reads)
    step = engine.step(Batch(reads=columns_, long_epcs=long, ledger=(row,)), START_US + 6 * SECOND_US)

    west, east = step.ledger
    assert (west.messages, west.received, west.stored, west.repeats, west.late) == (1, 3, 1, 1, 1)
    assert (east.reader, east.received, east.stored) == ("east", 1, 1)
    assert step.late.reads.raw_us.tolist() == [START_US + SECOND_US]


def test_step_that_is_empty_keeps_its_number() -> None:
    """
    A step with nothing in it is not counted.
    """
    engine = Engine(SITE)

    assert engine.step(Batch.empty(), START_US).seq == 1
    assert engine.seq == 0
    run(engine, [message(heard(1, IN_LEFT))])
    assert engine.seq == 1


def test_silence_at_a_door_is_leaving_and_elsewhere_missing() -> None:
    """
    Where both readers live, a tag carried out through the door has left; one that falls silent in a room is missing.
    """
    engine = Engine(SITE)
    stay = [message(heard(s, IN_RIGHT, "AB"), heard(s, IN_RIGHT)) for s in range(16)]
    passage = [message(heard(16 + s / 8, AT_DOOR, rssi_dbm=-48.0 - 1.5 * abs(s - 12))) for s in range(24)]
    alive = [message(word(s, "west"), word(s, "east")) for s in range(23, 63)]
    moves = [m for step in run(engine, stay + passage + alive, range(90)) for m in step.movements]

    gone = {(m.epc, m.kind, m.to_zone) for m in moves if m.kind in (MovementKind.LEAVE, MovementKind.MISSING)}
    assert gone == {("AB", MovementKind.MISSING, RIGHT), (EPC, MovementKind.LEAVE, DOOR)}


def test_silence_counts_only_while_antennas_work() -> None:
    """
    While the antennas of a room are down or its reader has stopped, nothing there goes missing.
    """
    for kind, port in ((ReaderEventKind.ANTENNA_DOWN, 1), (ReaderEventKind.INVENTORY_STOPPED, 0)):
        engine = Engine(SITE)
        deaf = [word(2, "west", kind, port), word(2, "west", kind, 2 * port)]
        alive = [message(word(s, "west"), word(s, "east")) for s in range(3, 50)]
        steps = run(engine, [message(heard(1, IN_LEFT)), message(*deaf), *alive], range(60))

        assert MovementKind.MISSING not in {m.kind for step in steps for m in step.movements}


def test_reader_goes_offline_once_and_comes_back() -> None:
    """
    A silent reader is offline at the first whole second after its patience, and online at its next word.
    """
    engine = Engine(SITE)
    steps = run(engine, [message(word(0.5, "west")), message(word(30, "west")), message(word(31, "west"))], range(9))
    changes = [c for step in [*steps, close(engine)] for c in step.reader_changes]

    assert [(c.online, c.reason) for c in changes][:3] == [(True, "heard"), (False, "silent"), (True, "heard")]
    assert changes[1].at_us == START_US + 9 * SECOND_US
    assert engine.offline_readers == frozenset({"west"})


def test_words_said_twice_are_told_once() -> None:
    """
    An event and a sensor reading that come again are not told again.
    """
    engine = Engine(SITE)
    reading = SensorReading(
        seen_us=START_US, arrived_us=START_US, reader="west", sensor="t", quantity="temperature_c", value=4.5
    )
    batch = Batch(reads=batch_of([]).reads, events=(word(0, "west"),), sensor_readings=(reading,))

    first, second = engine.step(batch, START_US), engine.step(batch, START_US)
    assert (len(first.reader_events), len(first.sensor_readings)) == (1, 1)
    assert second.is_empty


def test_explain_says_where_and_why() -> None:
    """
    A tag is explained by its candidates and last reads; one never seen is not.
    """
    engine = Engine(SITE)
    run(engine, [message(heard(0, IN_LEFT)), message(heard(1, IN_LEFT + 1, rssi_dbm=float(UNHEARD_DBM)))])
    close(engine)
    view = engine.explain(EPC)

    assert view is not None
    assert (view.zone, view.state) == ("left", TagState.PRESENT)
    assert [(e.reader, e.antenna) for e in view.evidence] == [("west", 1), ("west", 2)]
    assert view.candidates[0].zone == "left"
    assert engine.explain("E280") is None


def test_restore_refuses_what_is_no_checkpoint_of_this_site() -> None:
    """
    Rubbish, another version and another site's checkpoint are refused in words.
    """
    good = Engine(SITE).checkpoint()
    other = pack({"x": np.zeros(1)}, {"version": 99})

    for body, words in ((b"rubbish", "damaged"), (good[:-40], "damaged"), (other, "version 99")):
        with pytest.raises(CheckpointUnreadable, match=words):
            Engine(SITE).restore(body, [])


def test_index_grows_and_keeps_ids() -> None:
    """
    Ten thousand tags, long EPCs among them, keep their ids as the tables grow, and through a checkpoint.
    """
    engine = Engine(SITE)
    epcs = [f"{n:024X}" for n in range(9_990)] + ["F" * 30 + f"{n:02X}" for n in range(10)]
    [step] = run(engine, [message(*(heard(0, IN_LEFT, epc) for epc in epcs))])
    tags = [(new.tag_id, new.epc) for new in step.new_tags]
    other = Engine(SITE)
    other.restore(engine.checkpoint(), tags)

    assert [epc for _, epc in tags] == epcs
    [again] = run(other, [message(heard(2, IN_LEFT, epcs[-1]), heard(2, IN_LEFT, "AB"))])
    assert again.stored.tag_id.tolist() == [9_999, 10_000]


def test_tag_in_a_doorway_stays_there_while_others_hear_it_too() -> None:
    """
    A tag that the door's antenna hears most, and the next one fainter in between, enters the doorway once.
    """
    engine = Engine(SITE)
    inside = [message(heard(s, IN_RIGHT, rssi_dbm=-65.0)) for s in range(3)]
    door = [message(heard(3 + s * 0.2, IN_RIGHT + 1 if s % 3 == 0 else AT_DOOR)) for s in range(30)]
    faint = [replace(m, words=tuple(_fainter(w) for w in m.words)) for m in door]
    moves = [m for step in [*run(engine, inside + faint, range(40)), close(engine)] for m in step.movements]

    assert [m.to_zone for m in moves][:2] == [RIGHT, DOOR]
    assert [m.kind for m in moves if m.at_us < START_US + 9 * SECOND_US] == [MovementKind.APPEAR, MovementKind.MOVE]


def test_read_that_fits_nowhere_wipes_nothing_out() -> None:
    """
    A weak tag held right before an antenna of its own room stays in the room.
    """
    engine = Engine(SITE)
    steps = run(engine, [message(heard(s, IN_LEFT, rssi_dbm=-78.0 if s < 15 else -20.0)) for s in range(18)])

    assert [m.to_zone for step in [*steps, close(engine)] for m in step.movements][:1] == [LEFT]
    assert {zone for step in steps for zone in step.positions.zone.tolist()} == {LEFT}


def test_stray_read_moves_no_tag() -> None:
    """
    One faint read by the next room's antenna moves no tag that its own room hears every second.
    """
    engine = Engine(SITE)
    reads = [
        message(heard(s, IN_RIGHT if s == 12 else IN_LEFT, rssi_dbm=-72.0 if s == 12 else -55.0)) for s in range(20)
    ]
    steps = run(engine, reads, range(20))

    assert {zone for step in steps for zone in step.positions.zone.tolist()} == {LEFT}


def test_restore_finds_places_of_a_plan_that_changed() -> None:
    """
    A zone given up since the checkpoint leaves what is believed of the others where it was.
    """
    before = Engine(SITE)
    run(before, [message(heard(s, IN_RIGHT)) for s in range(5)])
    close(before)
    zones = tuple(replace(zone, retired=zone.id == "left") for zone in SITE.zones)
    after = Engine(replace(SITE, zones=zones))
    after.restore(before.checkpoint(), [(0, EPC)])
    views = before.explain(EPC), after.explain(EPC)

    assert [view.candidates[0].zone for view in views if view] == ["right", "right"]


def test_zone_is_right_in_a_world_of_two_rooms() -> None:
    """
    Over two hundred tags read through honest noise, more than 95 % settle in the room they stand in.
    """
    rng = random.Random(7)
    places = {f"{n:024X}": (rng.uniform(0.5, 19.5), rng.uniform(0.5, 9.5)) for n in range(200)}
    words = []
    for second in range(25):
        for epc, (x, y) in places.items():
            for point in (1, 2, 4, 5):
                antenna = SITE.read_points[point]
                flat_m = float(np.hypot(x - antenna.x, y - antenna.y))
                if rng.random() < 0.9 / (1 + np.exp((flat_m - 5.0) / 0.6)):
                    rssi_dbm = -51 - 22 * np.log10(np.hypot(flat_m, 2.0)) + rng.gauss(0, 3.3)
                    words.append(heard(second + rng.random() * 0.5, point, epc, rssi_dbm=float(rssi_dbm)))
    words.sort(key=lambda w: w.arrived_us)
    engine = Engine(SITE)
    run(engine, [message(*words[i : i + 200]) for i in range(0, len(words), 200)], range(10_000))
    close(engine)
    views = {epc: engine.explain(epc) for epc in places}
    right = [view.zone == ("left" if places[epc][0] < 10 else "right") for epc, view in views.items() if view]

    assert len(right) >= 195
    assert sum(right) / len(right) > 0.95


def _fainter(said: Heard | ReaderEvent) -> Heard | ReaderEvent:
    """A read as another antenna than the door's has it."""
    return said if isinstance(said, ReaderEvent) or said.read_point == AT_DOOR else replace(said, rssi_dbm=-68.0)
