"""The five laws, and what stands beside them: the ledger closes, and nothing moves backwards."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.engine import Engine
from core.engine.checkpoint import taught_in
from core.engine.plan import dedupe_us_of
from core.model.alert import AlertRaised
from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.model.step import MovementKind
from tests.laws.outcome import Recorder
from tests.streams import SECOND_US, Delivered, MemoryStore, again, crossed, rearrived, scripts, small_site

SITE = small_site()
TAUGHT = (None, crossed(SITE))
WINDOW_US = dedupe_us_of(SITE).tolist()
CUTS = st.sets(st.integers(1, 70), max_size=70)


@given(script=scripts(), cuts=CUTS)
def test_cuts_change_nothing(script: list[Delivered], cuts: set[int]) -> None:
    """
    Where the stream is cut into batches changes nothing: one batch, or one a message, or anything between.
    """
    whole, pieces, singly = Recorder(SITE), Recorder(SITE), Recorder(SITE)
    expected = whole.take(script).end()

    assert expected == pieces.take(script, cuts).end()
    assert expected == singly.take(script, range(len(script))).end()
    assert MemoryStore(whole.steps).history(WINDOW_US) == MemoryStore(singly.steps).history(WINDOW_US)


@given(script=scripts(), cuts=CUTS, data=st.data())
def test_redelivery_changes_nothing(script: list[Delivered], cuts: set[int], data: st.DataObject) -> None:
    """
    A message taken twice, at once or much later, changes nothing.
    """
    places = st.tuples(st.integers(0, len(script)), st.integers(0, max(len(script) - 1, 0)))
    repeated = list(script)
    for at, which in sorted(data.draw(st.lists(places, max_size=12))) if script else ():
        if script[which] in repeated[:at]:
            repeated.insert(at, again(script[which], repeated[at - 1].arrived_us))
    once, twice = Recorder(SITE), Recorder(SITE)

    assert once.take(script).end() == twice.take(repeated, cuts).end()
    assert MemoryStore(once.steps).history(WINDOW_US) == MemoryStore(twice.steps).history(WINDOW_US)
    assert once.events() == twice.events()


@given(data=st.data(), script=scripts(punctual=True), cuts=CUTS)
def test_order_of_readers_changes_nothing(data: st.DataObject, script: list[Delivered], cuts: set[int]) -> None:
    """
    How the readers' streams interleave on the way changes no settled result.
    """
    other = data.draw(rearrived(script))

    assert Recorder(SITE).take(script).end() == Recorder(SITE).take(other, cuts).end()


@given(data=st.data(), script=scripts(spaced=True), cuts=CUTS)
def test_overtaking_changes_nothing(data: st.DataObject, script: list[Delivered], cuts: set[int]) -> None:
    """
    A message that overtakes another of its own reader changes nothing, while both are on time.
    """
    other = data.draw(rearrived(script, overtaking=True))

    assert Recorder(SITE).take(script).end() == Recorder(SITE).take(other, cuts).end()


@given(script=scripts(), cuts=CUTS, data=st.data())
def test_restart_changes_nothing(script: list[Delivered], cuts: set[int], data: st.DataObject) -> None:
    """
    A kill at any step, then a checkpoint and the steps after it, goes on as if nothing had happened.

    What was committed and not acknowledged comes again, at the stream time of the last commit.
    """
    killed_at = data.draw(st.integers(0, len(script)))
    before = Recorder(SITE)
    expected = Recorder(SITE).take(script).end()
    body, taken = before.engine.checkpoint(), sorted({0, *(c for c in cuts if c < killed_at), killed_at})
    kept_at = data.draw(st.integers(0, len(taken)))
    for i, (start, end) in enumerate(pairwise(taken)):
        before.take(script[start:end])
        if i == kept_at:
            body = before.engine.checkpoint()
    after, store = Recorder(SITE), MemoryStore([step for step in before.steps if not step.is_empty])
    after.engine.restore(body, store.tags())
    store.replay_into(after.engine)
    unacked = data.draw(st.integers(0, killed_at))
    closed_us = before.engine.closed_us
    redelivered = [again(message, closed_us) for message in script[unacked:killed_at]]
    after.steps, after.offline = before.steps, before.offline

    assert expected == after.take([*redelivered, *script[killed_at:]]).end()


@given(script=scripts(), cuts=CUTS, data=st.data())
def test_restart_changes_nothing_beside_a_calibration(
    script: list[Delivered], cuts: set[int], data: st.DataObject
) -> None:
    """
    A calibration taken over at any step, then a kill at any later one: each step is taken again under its own.
    """
    taught_at = data.draw(st.integers(0, len(script)))
    killed_at = data.draw(st.integers(taught_at, len(script)))
    pieces = [taught_at, *sorted(c for c in cuts if taught_at < c < killed_at), killed_at]
    before, through = Recorder(SITE), Recorder(SITE)
    for recorder in (before, through):
        recorder.take(script[:taught_at], cuts)
    body = before.engine.checkpoint()
    for recorder in (before, through):
        recorder.engine.take_over(TAUGHT[1], 1)
    for start, end in pairwise(pieces):
        before.take(script[start:end])
        through.take(script[start:end])
        if data.draw(st.booleans()):
            body = before.engine.checkpoint()
    expected = through.take(script[killed_at:]).end()
    version = taught_in(body)
    after = Recorder(SITE)
    after.engine = Engine(SITE, TAUGHT[version], version)
    store = MemoryStore([step for step in before.steps if not step.is_empty])
    after.engine.restore(body, store.tags())
    store.replay_into(after.engine, TAUGHT)
    if after.engine.taught != 1:
        after.engine.take_over(TAUGHT[1], 1)
    after.steps, after.offline = before.steps, before.offline

    assert expected == after.take(script[killed_at:]).end()


@given(script=scripts(dead=True), cuts=CUTS)
def test_silence_of_a_dead_reader_is_no_evidence(script: list[Delivered], cuts: set[int]) -> None:
    """
    A dead reader makes nothing vanish that it heard last, and raises one alert however long it is dead.
    """
    recorder = Recorder(SITE).take(script, cuts)
    died_us = max((m.at_us + SECOND_US for m in script if _is_of("east", m)), default=0)
    start_us = recorder.engine.closed_us if script else 0
    alive = [_heartbeat("west", start_us + second * SECOND_US) for second in range(1, 60)]
    told = recorder.take(alive).end()

    gone = [m for m in told.movements if m.kind in (MovementKind.LEAVE, MovementKind.MISSING) and m.at_us > died_us]
    offline = [c for c in told.reader_changes if c.reader == "east" and not c.online and c.at_us > died_us]
    alerts = [a for a in told.alerts if isinstance(a, AlertRaised) and a.subject == "east" and a.at_us > died_us]
    assert [m for m in gone if SITE.read_points[m.read_point].reader == "east"] == []
    assert len(offline) == len(alerts) <= 1
    assert "east" not in recorder.engine.offline_readers or died_us > 0


@given(script=scripts(), cuts=CUTS)
def test_ledger_closes(script: list[Delivered], cuts: set[int]) -> None:
    """
    Every read received is stored, a repeat, or late.
    """
    recorder = Recorder(SITE).take(script, cuts)
    rows = [row for step in recorder.steps for row in step.ledger]

    assert [row.received for row in rows] == [row.stored + row.repeats + row.late for row in rows]
    assert sum(row.stored for row in rows) == sum(len(step.stored) for step in recorder.steps)
    assert sum(row.late for row in rows) == sum(len(step.late) for step in recorder.steps)


@given(script=scripts(), cuts=CUTS)
def test_shown_positions_end_where_the_settled_ones_are(script: list[Delivered], cuts: set[int]) -> None:
    """
    Once all has settled, what was last told of each tag is where it is settled to be.
    """
    told = Recorder(SITE).take(script, cuts).end()

    for epc, (zone, state) in told.shown.items():
        view = told.tags[epc]
        assert view is not None
        assert (view.zone, int(view.state)) == (SITE.zones[zone].id if zone >= 0 else "", state)


def _heartbeat(reader: str, at_us: int) -> Delivered:
    word = ReaderEvent(seen_us=at_us, arrived_us=at_us, reader=reader, kind=ReaderEventKind.HEARTBEAT)
    return Delivered(at_us=at_us, arrived_us=at_us, words=(word,))


def _is_of(reader: str, message: Delivered) -> bool:
    return any(
        (word.reader if isinstance(word, ReaderEvent) else SITE.read_points[word.read_point].reader) == reader
        for word in message.words
    )
