"""Why a tag is where it is: the answer is the line's own, and each rule that decides says so."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings

from core.columns import parse_keys
from core.engine import Engine
from core.engine.why import Explainer
from core.model.batch import Batch
from core.model.columns import NEVER_US, ReadColumns
from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.model.step import TagState
from core.model.why import History, HoldRule, Why
from core.model.why_json import as_json
from core.site import Antenna, Reader, Site, Zone, ZoneKind
from tests.streams import EPCS, SECOND_US, START_US, Delivered, Heard, close, columns, run, scripts, small_site

EPC = "3034257BF7194E4000001A85"
SITE = small_site()
IN_LEFT, IN_RIGHT, BY_DOOR, AT_DOOR = 1, 4, 5, 6
NEVER_S = 1e9
Reads = Sequence[tuple[float, int, float]]
"""(second, read point, dBm) each."""


def history(reads: Reads, *, until_s: float, stop_s: float = NEVER_S) -> History:
    """Reads of one tag, with a heartbeat of both readers each second until the one in the east stops."""
    heard = []
    for second, point, dbm in reads:
        at_us = START_US + round(second * SECOND_US)
        heard.append(Heard(seen_us=at_us, arrived_us=at_us, read_point=point, epc=EPC, rssi_dbm=dbm))
    beats = [
        word(second, reader)
        for second in range(int(until_s))
        for reader in ("west", "east")
        if reader == "west" or second < stop_s
    ]
    told, long = columns(heard)
    closed_us = START_US + round(until_s * SECOND_US)
    return History(reads=told, events=tuple(beats), closed_us=closed_us, long_epcs=long)


def word(second: float, reader: str) -> ReaderEvent:
    """A heartbeat so many seconds after the start."""
    at_us = START_US + round(second * SECOND_US)
    return ReaderEvent(seen_us=at_us, arrived_us=at_us, reader=reader, kind=ReaderEventKind.HEARTBEAT)


def why(reads: Reads, *, until_s: float, site: Site = SITE, stop_s: float = NEVER_S) -> Why:
    """The explanation of a tag with these reads."""
    answer = Explainer(site).explain(history(reads, until_s=until_s, stop_s=stop_s), EPC)
    assert answer is not None
    return answer


def hub() -> Site:
    """Four rooms around one antenna, which can't tell them apart."""
    corners = ((0, 0), (5, 0), (0, 5), (5, 5))
    zones = tuple(
        Zone(
            id=f"q{i}",
            name=f"Room {i}",
            kind=ZoneKind.STORAGE,
            polygon=((x, y), (x + 5, y), (x + 5, y + 5), (x, y + 5)),
        )
        for i, (x, y) in enumerate(corners)
    )
    over = (Antenna(port=1, x=5, y=5, zone="q0", range_m=9),)
    readers = tuple(Reader(id=name, name=name, antennas=over) for name in ("west", "east"))
    return Site(id="hub", name="Hub", timezone="UTC", width_m=10, height_m=10, zones=zones, readers=readers)


def remote() -> Site:
    """The small warehouse with one more antenna, far from all zones: its read points are the last two."""
    far = Reader(id="far", name="Far", antennas=(Antenna(port=1, x=900, y=900, zone="", range_m=2),))
    return replace(SITE, readers=(*SITE.readers, far))


def says(answer: Why) -> dict[HoldRule, str]:
    """Its rules, with their words."""
    return {hold.rule: hold.says for hold in answer.holds}


def inside(seconds: int = 15, point: int = IN_RIGHT) -> list[tuple[float, int, float]]:
    """A tag in a room for a while."""
    return [(at / 2, point, -48.0) for at in range(2 * seconds)]


def walk_out() -> list[tuple[float, int, float]]:
    """From the right room up to the door and out of it."""
    rows = inside(13)
    rows += [(13 + at / 3, BY_DOOR, -60.0 + 4 * min(at, 4 - at)) for at in range(5)]
    return rows + [(14 + at / 16, AT_DOOR, -68.0 + min(at, 40 - at)) for at in range(36)]


@given(messages=scripts())
@settings(max_examples=30)
def test_explanation_ends_where_the_line_does(messages: list[Delivered]) -> None:
    """
    Kept reads and readers' words, played again to be explained, give each tag the state that the line has settled.
    """
    engine = Engine(SITE)
    steps = [*run(engine, messages), close(engine)]
    told = History(
        reads=ReadColumns.concat([step.stored.reads for step in steps]),
        events=tuple(event for step in steps for event in step.reader_events),
        closed_us=engine.closed_us,
        long_epcs=parse_keys(EPCS).long,
    )
    for epc in EPCS:
        line, answer = engine.explain(epc), Explainer(SITE).explain(told, epc)
        assert (line is None or line.seen_us == NEVER_US) == (answer is None)
        if line is not None and answer is not None:
            assert (line.state, line.zone, line.confidence) == (answer.state, answer.zone, answer.confidence)
            likely = [(c.zone, c.probability) for c in line.candidates]
            assert likely[:2] == [(c.zone, c.probability) for c in answer.candidates[:2]]


def test_explanation_looks_ahead_as_the_live_position_does() -> None:
    """
    Reads that are not settled yet count in the answer, as they do on the live map.
    """
    engine = Engine(SITE)
    told = history([*inside(10, IN_LEFT), *((10 + at / 4, IN_RIGHT, -42.0) for at in range(6))], until_s=11.5)
    step = engine.step(Batch(reads=told.reads, events=told.events), told.closed_us)
    answer = Explainer(SITE).explain(told, EPC)

    assert answer is not None
    assert [SITE.zone_index[answer.zone], answer.confidence] == [step.positions.zone[0], step.positions.confidence[0]]
    assert answer.zone == "right"
    assert answer.quiet is None


def test_sightings_say_what_each_read_weighed() -> None:
    """
    The newest read stands first; one right after another of the same antenna counts less; and it speaks for its room.
    """
    answer = why([*inside(5, IN_LEFT), (4.7, IN_LEFT, -48.0)], until_s=9)
    newest, before = answer.sightings[:2]

    assert (newest.reader, newest.antenna, newest.rssi_dbm) == ("west", 1, -48.0)
    assert newest.seen_us > before.seen_us
    assert newest.counts < before.counts <= 1.0
    assert all(seen.log_weight["left"] >= seen.log_weight.get("right", -1e9) for seen in answer.sightings[:-1])


def test_antennas_say_what_they_expect() -> None:
    """
    The antenna over the tag expects it loud in its own room and fainter in the next, and has heard what it heard.
    """
    [heard] = why(inside(10, IN_LEFT), until_s=14).antennas
    left, right = heard.said

    assert (heard.reader, heard.antenna, heard.zone, heard.mean_dbm, heard.loudest_dbm) == (
        "west",
        1,
        "left",
        -48.0,
        -48.0,
    )
    assert (left.zone, right.zone) == ("left", "right")
    assert left.expected_dbm > right.expected_dbm
    assert left.chance > right.chance
    assert left.log_weight > right.log_weight


def test_nothing_held_back_is_no_rule() -> None:
    """
    A tag that is where it is likeliest, and was heard just now, needs no rule.
    """
    assert why(inside(), until_s=15).holds == ()


def test_change_held_back_says_what_it_takes() -> None:
    """
    The louder the next room's antenna, the likelier that room; until it is enough, the rule says what is lacking.

    First it is not likely enough, then not twice as likely as the old room, then the tag has moved.
    """
    rules = []
    for step in range(64):
        dbm = -48.0 + step / 8
        answer = why([*inside(10, IN_LEFT), (10.2, IN_RIGHT, dbm), (10.9, IN_RIGHT, dbm)], until_s=11)
        for hold in answer.holds:
            assert (answer.zone, answer.candidates[0].zone) == ("left", "right")
            assert hold.has is not None
            assert hold.needs is not None
            assert hold.has < hold.needs
            rules.append((hold.rule, hold.says))
    likely, twice = rules[0], rules[-1]

    assert (likely[0], twice[0]) == (HoldRule.CHANGE, HoldRule.MARGIN)
    assert re.fullmatch(r"Right room has 5\d%, and a change from Left room takes 60%", likely[1])
    assert re.fullmatch(r"Right room has 6\d% and Left room 3\d%: a change takes 2 times as much", twice[1])
    assert answer.zone == "right"


def test_unknown_zone_says_what_a_first_placement_takes() -> None:
    """
    One antenna over four rooms can't tell them apart: no zone is named, all are candidates, and 40 % would be needed.
    """
    answer = why([(0, 1, -55.0)], until_s=1, site=hub())

    assert (answer.zone, len(answer.candidates)) == ("", 4)
    assert says(answer) == {HoldRule.FIRST_PLACE: "Room 3 is likeliest with 26%, and a first placement takes 40%"}


def test_antenna_without_zones_says_so() -> None:
    """
    A tag that only such an antenna hears has no candidates, and the plan is to blame.
    """
    answer = why([(0, 8, -55.0)], until_s=1, site=remote())

    assert (answer.zone, answer.candidates) == ("", ())
    assert says(answer) == {HoldRule.NO_ZONE: "no antenna that hears it covers a zone: see the site file"}


def test_doorway_outweighs_belief() -> None:
    """
    A tag in the doorway is there because the door's antennas say so, though the room is the likeliest zone.
    """
    answer = why(walk_out(), until_s=17)

    assert (answer.zone, answer.candidates[0].zone, list(says(answer))) == ("door", "right", [HoldRule.DOORWAY])


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        ([(15.1, AT_DOOR, -50.0)], "Dock door 1: 1 of 3 reads in 2.5 s by its own antennas"),
        (
            [(15.1 + k / 10, AT_DOOR, -70.0) for k in range(3)],
            "Dock door 1: its own antennas hear it at -70 dBm, and a tag in the doorway at -66",
        ),
        (
            [*((15.1 + k / 10, AT_DOOR, -60.0) for k in range(3)), (15.45, BY_DOOR, -40.0)],
            "Dock door 1: another antenna hears it louder, -40 against -60 dBm",
        ),
    ],
)
def test_door_that_hears_too_little_says_what_is_lacking(reads: list[tuple[float, int, float]], expected: str) -> None:
    """
    Too few reads, too faint ones, or another antenna that is louder: each is named with its figures.
    """
    answer = why([*inside(), *reads], until_s=16)

    assert answer.zone == "right"
    assert says(answer) == {HoldRule.NOT_AT_DOOR: expected}


def test_silence_at_a_door_is_counted_towards_leaving() -> None:
    """
    A tag that walked out is said to be silent for so many of the seconds it takes; later it has left, and that is said.
    """
    waits, gone = why(walk_out(), until_s=19.5), why(walk_out(), until_s=30)

    assert says(waits)[HoldRule.SILENCE] == "silent for 1 of the 5 s after which it has left"
    assert (gone.state, says(gone)) == (TagState.LEFT, {HoldRule.GONE: "it fell silent at Dock door 1 and has left"})
    assert [passage.verdict for passage in gone.passages] == ["through"]


def test_what_has_just_come_in_does_not_leave() -> None:
    """
    The first that is heard of a tag is at the door: its silence there is no leaving, and the answer says why.
    """
    answer = why(walk_out()[26:], until_s=19.5)

    assert answer.quiet is not None
    assert answer.quiet.gone_is is TagState.MISSING
    assert HoldRule.NOT_INSIDE in says(answer)


def test_door_that_judged_a_tag_to_stand_there_says_so() -> None:
    """
    Half a minute at the same level is no way out: the door's verdict stands against leaving, and missing takes longer.
    """
    answer = why([*inside(), *((15 + k / 8, AT_DOOR, -45.0) for k in range(200))], until_s=44.5)

    assert says(answer)[HoldRule.DOOR_VERDICT] == "Dock door 1 judged that it stood there: its silence is no leaving"
    assert answer.quiet is not None
    assert (answer.quiet.gone_is, answer.quiet.gone_after_s) == (TagState.MISSING, 12.0)


def test_tag_heard_inside_last_has_not_left() -> None:
    """
    Two antennas inside heard it after the door's: it is still said to be there, and silence would be no leaving.
    """
    reads = [
        *inside(),
        *((15 + k / 8, AT_DOOR, -45.0) for k in range(20)),
        (17.6, BY_DOOR, -60.0),
        (17.7, IN_RIGHT, -70.0),
    ]

    assert HoldRule.HEARD_ELSEWHERE in says(why(reads, until_s=19.9))


def test_silence_of_a_dead_reader_is_named() -> None:
    """
    The reader that heard it last fell silent itself: that is said, with the seconds it has listened since.
    """
    answer = why(inside(), until_s=40, stop_s=17)

    assert (
        says(answer)[HoldRule.NOT_LISTENING] == "east antenna 1 heard it last and listens no more: silence says nothing"
    )
    assert answer.quiet is not None
    assert answer.quiet.listened_s == 1.5


def test_missing_tag_says_that_it_was_silent() -> None:
    """
    After its zone's patience a tag is missing, by the rule of silence; before it, the seconds are counted.
    """
    waits, gone = why(inside(), until_s=24), why(inside(), until_s=60)

    assert says(waits) == {HoldRule.SILENCE: "silent for 7 of the 12 s after which it is missing"}
    assert (gone.state, list(says(gone))) == (TagState.MISSING, [HoldRule.GONE])


def test_tag_not_in_the_history_has_no_answer() -> None:
    """
    Of a tag that was never read there is nothing to say.
    """
    assert Explainer(SITE).explain(history(inside(), until_s=20), "AB") is None


def test_json_names_times_and_metres_as_the_interface_does() -> None:
    """
    Times are RFC 3339 under names that end in _at, the state is a word, and no name of the inside is left.
    """
    body = as_json(why(walk_out(), until_s=30))

    assert (body["from_at"], body["at"]) == ("2023-11-14T22:13:20.000000Z", "2023-11-14T22:13:50.000000Z")
    assert body["state"] == "left"
    assert not [name for name in body if name.endswith(("_us", "_m"))]
    assert set(body["passages"][0]) == {
        "opened_at",
        "closed_at",
        "door",
        "verdict",
        "direction",
        "confidence",
        "reads",
    }
