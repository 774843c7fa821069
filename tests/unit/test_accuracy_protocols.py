"""Each protocol asks what it says it asks, of streams small enough to work out by hand."""

import json
from collections.abc import Sequence

import pytest

from core.site import Site
from tallyport.score import Published, Stay, ZoneScore
from tallyport.score.alerts import Notice
from tallyport.score.presence import Word
from tests.accuracy import ours
from tests.accuracy.__main__ import as_json, as_page
from tests.accuracy.judge import Mark, rightness, said_at
from tests.accuracy.protocols import bed, counts, doors, hall, presence, silence, squares, warehouse
from tests.accuracy.protocols.everything import GROUPS, PROTOCOLS
from tests.accuracy.rankers.misses_in_a_row import misses_in_a_row, trailing_misses
from tests.accuracy.rankers.ours import likely_gone
from tests.accuracy.recording import Place, Read, Recording
from tests.accuracy.recordings import shelves, static_tags, uci
from tests.accuracy.recordings.store import Store, Theft
from tests.accuracy.report import Table, page


def trial(name: str, epc: str, begin_s: float) -> uci.Trial:
    """Ten seconds in bed, ten out of it."""
    zones = ["bed"] * 10 + ["not-bed"] * 10
    antennas = [3] * 10 + [2] * 10
    reads = [Read(begin_s + at, "room", antenna, epc, -60.0) for at, antenna in enumerate(antennas)]
    return uci.Trial(name=name, reads=reads, zones=zones)


def told(*words: tuple[float, str]) -> list[Published]:
    """Words about tag A."""
    return [Published(epc="A", at_s=at_s, zone=zone) for at_s, zone in words]


def test_marks_take_the_last_word_before_them() -> None:
    """
    A mark before any word hears nothing; a word at the mark's own instant counts.
    """
    marks = [Mark(1.0, "A", "x"), Mark(2.0, "A", "x"), Mark(3.0, "A", "x")]

    assert ["", "x", "y"] == said_at(marks, told((2.0, "x"), (2.5, "y")))


def test_rightness_means_over_the_zones() -> None:
    """
    Always x, true in three of four: accuracy 0.75; F1 of x is 6/7, of y 0.
    """
    marks = [*(Mark(float(at), "A", "x") for at in range(3)), Mark(4.0, "A", "y")]

    right = rightness(marks, told((0.0, "x")))

    assert (0.75, 3 / 7) == pytest.approx(right)


def test_bed_teaches_from_other_trials_only() -> None:
    """
    No fold's training holds a tag of the trials that it is tried on.
    """
    trials = [trial(str(number), f"{number:02X}", 100.0 * number) for number in range(5)]
    met: list[tuple[set[str], set[str]]] = []

    def learn(training: Recording) -> "Spy":
        return Spy({read.epc for read in training.reads}, met)

    bed.crossed(trials, learn)

    assert 5 == len(met)
    assert all(not taught & tried for taught, tried in met)
    assert {f"{number:02X}" for number in range(5)} == set.union(*(tried for _, tried in met))


class Spy:
    """A placer that only notes what it was taught with and tried on."""

    def __init__(self, taught: set[str], met: list[tuple[set[str], set[str]]]) -> None:
        self._taught, self._met = taught, met

    def __call__(self, reads: Sequence[Read], _site: Site) -> list[Published]:
        """Note, and publish nothing."""
        self._met.append((self._taught, {read.epc for read in reads}))
        return []


def test_bed_judges_at_the_end_of_each_second() -> None:
    """
    Words that come half a second into each stay are right at the end of every second.
    """
    one = trial("one", "A", 0.0)
    words = told((0.5, "bed"), (10.5, "not-bed"))

    figures = bed.judged([one], one.marks(), words)

    assert 1.0 == figures["accuracy"]
    assert 2 == figures["changes"]


def test_hall_measures_at_each_packet() -> None:
    """
    Three metres beside the truth is three metres, and a packet before any word is unplaced.
    """
    truth = [Place("A", 0.0, 1.0, "square-0-0", 1.0, 1.0), Place("A", 1.0, 2.0, "square-0-0", 1.0, 1.0)]
    test = Recording(site=static_tags.site(), reads=[], truth=truth)

    figures = hall.judged(test, [Published(epc="A", at_s=0.5, zone="square-0-0", x_m=1.0, y_m=4.0)])

    assert 3.0 == figures["mean m"]
    assert 1 == figures["unplaced"]
    assert 0.5 == figures["square"]


def test_squares_mean_over_rooms_and_sum_changes() -> None:
    """
    Accuracy is the mean of the rooms', changes are their sum.
    """
    common = {"zone_accuracy": 0.5, "true_changes": 4, "delay_p50_s": 1.0, "delay_p95_s": 2.0, "never_right": 1}
    scores = [ZoneScore(settled_accuracy=share, changes=3, **common) for share in (0.25, 0.75)]  # type: ignore[arg-type]

    figures = squares.figures_of(scores)

    assert (0.5, 6, 8) == (figures["after 2 s"], figures["changes"], figures["true"])


def test_doors_ask_of_the_truth_s_verdicts_only() -> None:
    """
    Rows without a verdict are no passages.
    """
    truth = [Place("A", 0, 1, "dock"), Place("A", 1, 2, "dock", None, None, "door", "static", "")]

    asked = doors.truth_of(Recording(site=static_tags.site(), reads=[], truth=truth))

    assert [("static", "none")] == [(passage.verdict, passage.direction) for passage in asked.passages]


def test_presence_counts_false_exits_at_each_rate() -> None:
    """
    Three figures at each of three rates; a window far longer than any gap makes no false exit.
    """
    streams = {"AA": [Read(static_tags.START_S + at, "shelf-1", 1, "AA", -60.0) for at in range(100)]}

    rows = presence.rows_of(streams, {}, {"fixed": presence.METHODS["fixed window 25 epochs"]})

    assert 9 == len(rows["fixed"])
    assert all(0 == figure for column, figure in rows["fixed"].items() if column.endswith("false"))


COUNTS = ({1: 1, 2: 2, 3: 1}, {1: 2, 2: 1, 3: 3}, {1: 1, 3: 1}, {1: 4})
PANEL = {1: "p", 2: "p", 3: "p"}


def test_misses_rank_the_longest_silence_first() -> None:
    """
    Tag 2 is missed twice, tag 3 once, tag 1 never.
    """
    assert [0, 2, 1] == [trailing_misses(tag, COUNTS) for tag in (1, 2, 3)]
    assert [2, 3] == misses_in_a_row(1)(COUNTS, PANEL)
    assert [2] == misses_in_a_row(2)(COUNTS, PANEL)


def test_our_list_is_the_likeliest_first() -> None:
    """
    The tag missed twice stands before the one missed once, and the one just read last.
    """
    assert [2, 3] == [tag for tag in likely_gone(0.0)(COUNTS, PANEL) if tag != 1]
    assert [] == likely_gone(0.99)(COUNTS, PANEL)


def test_counts_figures_are_shares_over_all_lists() -> None:
    """
    Lists after the third and fourth count: [2] and [2, 3]; 2 was taken, 3 was only missed.
    """
    theft = Theft(store=Store(panel=PANEL, counts=COUNTS), gone_from={2: 2})

    figures = counts.figures_of([theft], misses_in_a_row(1))

    assert {"precision@50": 2 / 3, "found at once": 1.0, "found within 2": 1.0, "tags a list": 1.5} == figures


def test_page_names_every_protocol_under_a_heading() -> None:
    """
    Each protocol stands under one heading, and no heading names one that isn't there.
    """
    named = [name for names in GROUPS.values() for name in names]

    assert sorted(PROTOCOLS) == sorted(named)


def test_table_shows_a_dash_for_what_is_not() -> None:
    """
    Figures keep their columns, counts have no fraction, and what doesn't exist is a dash.
    """
    rows: dict[str, dict[str, float | None]] = {
        "one": {"share": 0.5, "n": 1_234},
        "Tallyport": {"share": None, "s": 12.345},
    }
    table = Table(name="t", title="T", data="d", split="s", judged="j", rows=rows)

    text = page({"Heading": [table]})

    assert "| method | share | n | s |" in text
    assert "| one | 0.500 | 1,234 | – |" in text  # noqa: RUF001 - the dash of the page
    assert "| **Tallyport** | – | – | 12.35 |" in text  # noqa: RUF001 - the dash of the page
    assert json.loads(as_json({"t": table}))[0]["rows"]["one"] == {"share": 0.5, "n": 1_234}
    assert "Heading" not in as_page({"t": table})


def test_ours_runs_through_the_public_replay() -> None:
    """
    A tag on a shelf is placed there by the engine, through the files that anybody gets.
    """
    reads = [Read(static_tags.START_S + at, "shelf-1", 1, "AA", -55.0) for at in range(20)]

    assert {"shelf"} == {word.zone for word in ours.uncalibrated(reads, static_tags.site())}


def test_silence_tells_whose_tags_were_lost() -> None:
    """
    A tag of the silenced reader and one of the other's are counted apart; a method without alerts has none.
    """
    truth = [Place("A", 0, 1, "left"), Place("B", 0, 1, "right")]
    test = Recording(site=static_tags.site(), reads=[], truth=truth)
    words = [Word(epc=epc, at_s=1.0, state="missing") for epc in "AB"]

    figures = silence.figures_of(test, words, [Notice(kind="reader_offline", subject="LEFT-1", at_s=5.0)])

    assert [1, 1, 1] == list(figures.values())
    assert silence.figures_of(test, words, None)["alerts about the reader"] is None


def test_silenced_reader_tells_nothing_for_an_hour() -> None:
    """
    The reader speaks before and after its hour, and the other all the time.
    """
    begin, end = (shelves.START_S + at for at in (shelves.SILENT_FROM_S, shelves.SILENT_TO_S))
    inside = {read.reader for read in shelves.recording().reads if begin <= read.at_s < end}
    outside = {read.reader for read in shelves.recording().reads if not begin <= read.at_s < end}

    assert {"right-1"} == inside
    assert {"left-1", "right-1"} == outside


def test_warehouse_movers_were_in_two_zones() -> None:
    """
    A tag with two stays in one zone did not move.
    """
    stays = [Stay(epc=epc, from_s=0, to_s=1, zone=zone) for epc, zone in ("Ax", "Ay", "Bx", "Bx")]

    assert ["A", "A"] == [stay.epc for stay in warehouse.movers(stays)]
