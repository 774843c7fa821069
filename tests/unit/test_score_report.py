"""The judge of passages, presence, positions and alerts, on cases that can be checked by eye."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tallyport.cli import app
from tallyport.score import BadTable, Published, Stay, Truth, score_zones
from tallyport.score.alerts import Notice, score_alerts
from tallyport.score.figures import quantile
from tallyport.score.passages import score_passages
from tallyport.score.presence import Word, score_presence
from tallyport.score.truth import Passage, Spot, read_truth_table
from tallyport.score.zones import score_positions

STAY = Stay(epc="A", from_s=10, to_s=20, zone="x")


def passage(from_s: float, to_s: float, verdict: str, direction: str = "none", epc: str = "A") -> Passage:
    """A passage at the door."""
    return Passage(epc=epc, door="d", from_s=from_s, to_s=to_s, verdict=verdict, direction=direction)


def judged(truth: list[Passage], ours: list[Passage]) -> dict[str, Any]:
    """Our passages held against the true ones."""
    return score_passages(Truth(stays=(), spots=(), passages=tuple(truth), tells_passages=True, end_s=0), ours)


def presence(*words: tuple[float, str], end_s: float = 100) -> dict[str, Any]:
    """Words about a tag that was there from 10 to 20 held against that."""
    return score_presence([STAY], [Word(epc="A", at_s=at_s, state=state) for at_s, state in words], end_s)


def test_score_zones_joins_rows_that_touch() -> None:
    """
    Ten rows of a tag on its way through one zone are one stay: one true change, settled after its first two seconds.
    """
    truth = [Stay(epc="A", from_s=at, to_s=at + 1, zone="x") for at in range(10)]
    score = score_zones(truth, [Published(epc="A", at_s=2, zone="x")])

    assert (score.true_changes, score.settled_accuracy, score.delay_p50_s) == (1, 1.0, 2.0)


def test_score_zones_counts_a_word_twice_said_once() -> None:
    """
    A word that only moves the tag within its zone is no change of zone.
    """
    words = [Published(epc="A", at_s=at, zone=zone) for at, zone in ((0, "x"), (1, "x"), (2, ""), (3, "x"))]

    assert score_zones([STAY], words).changes == 3


def test_score_zones_says_how_many_stays_were_never_right() -> None:
    """
    A stay without a right word has no delay, and is counted.
    """
    assert score_zones([STAY], []).as_json()["delay_s"] == {"p50": None, "p95": None, "never": 1}


def test_score_positions_takes_the_last_word() -> None:
    """
    The distance is that of the last position before the spot; a spot without one is counted apart.
    """
    spots = [Spot(epc="A", at_s=5, x_m=0, y_m=0), Spot(epc="B", at_s=5, x_m=0, y_m=0)]
    words = [Published(epc="A", at_s=at, zone="x", x_m=x_m, y_m=4) for at, x_m in ((1, 9), (4, 3), (6, 0))]

    assert score_positions(spots, words) == {"mean": 5.0, "p50": 5.0, "p90": 5.0, "n": 1, "unplaced": 1}


def test_score_passages_averages_over_the_true_classes() -> None:
    """
    Both classes of the truth weigh alike, however many cases each has.
    """
    truth = [passage(at, at + 5, "through", "out") for at in (0, 100, 200)] + [passage(300, 305, "milling")]
    ours = [passage(at, at + 5, "through", way) for at, way in ((1, "out"), (101, "in"))] + [
        passage(300, 305, "milling")
    ]
    figures = judged(truth, ours)

    assert figures["macro_accuracy"] == pytest.approx((2 / 3 + 1) / 2, abs=1e-4)
    assert figures["through_f1"] == pytest.approx(0.8)
    assert figures["direction_accuracy"] == pytest.approx(1 / 3, abs=1e-4)


def test_score_passages_takes_silence_for_static() -> None:
    """
    To say nothing is right of a static tag and wrong of one that went through.
    """
    assert judged([passage(0, 5, "static")], [])["macro_accuracy"] == 1.0
    assert judged([passage(0, 5, "through", "in")], [])["macro_accuracy"] == 0.0


def test_score_passages_lets_one_through_outweigh_others() -> None:
    """
    Of several rows about one passage `through` counts, however short; without one, the verdict with the most seconds.
    """
    rows = [passage(0, 8, "static"), passage(8, 9, "through", "out"), passage(9, 12, "milling")]

    assert judged([passage(0, 12, "through", "out")], rows)["direction_accuracy"] == 1.0
    assert judged([passage(0, 12, "static")], [rows[0], rows[2]])["macro_accuracy"] == 1.0


def test_score_passages_tolerates_three_seconds() -> None:
    """
    A verdict that ends up to 3 s before the true passage is about it; one farther off is a false one.
    """
    near = judged([passage(10, 12, "through", "in")], [passage(5, 7, "through", "in")])
    far = judged([passage(10, 12, "through", "in")], [passage(5, 6.9, "through", "in")])

    assert (near["macro_accuracy"], near["false_through"]) == (1.0, 0)
    assert (far["macro_accuracy"], far["false_through"]) == (0.0, 1)


def test_score_passages_gives_a_near_verdict_to_one_passage_only() -> None:
    """
    A verdict that overlaps one true passage is not also about the next, two seconds later.
    """
    truth = [passage(0, 5, "through", "out"), passage(7, 12, "through", "in")]

    assert judged(truth, [passage(0, 5, "through", "out")])["direction_accuracy"] == 0.5


def test_score_passages_does_not_blame_what_the_truth_is_silent_on() -> None:
    """
    Where the truth has no column for passages, none is false.
    """
    truth = Truth(stays=(), spots=(), passages=(), tells_passages=False, end_s=0)

    assert score_passages(truth, [passage(0, 5, "through")])["false_through"] is None


def test_score_presence_counts_false_exits_once() -> None:
    """
    Gone, then missing, then back: one false exit, and one true one 3 s late.
    """
    figures = presence((10, "present"), (12, "left"), (13, "missing"), (14, "present"), (23, "missing"))

    assert figures["false_exits"] == 1
    assert figures["exit_delay_s"] == {"p50": 3.0, "p95": 3.0, "n": 1, "never": 0}


def test_score_presence_of_an_exit_never_noticed() -> None:
    """
    Never is infinitely late: there is no median of it.
    """
    assert presence((10, "present"))["exit_delay_s"] == {"p50": None, "p95": None, "n": 1, "never": 1}


def test_score_presence_of_a_tag_that_stays_until_the_end() -> None:
    """
    Who is there when the truth ends has not left.
    """
    assert presence((10, "present"), end_s=20)["exit_delay_s"]["n"] == 0


def test_score_presence_of_a_tag_already_declared_gone() -> None:
    """
    A tag that was declared gone too early, and not put right, leaves without delay.
    """
    assert presence((15, "missing"))["exit_delay_s"]["p50"] == 0.0


def test_score_alerts_wants_the_deed_first() -> None:
    """
    An alert before the deed is false; kinds are judged apart.
    """
    due = [Notice(kind="missing", subject="A", at_s=10)]
    raised = [Notice(kind="missing", subject="A", at_s=at) for at in (5, 11)] + [
        Notice(kind="offline", subject="r", at_s=0)
    ]

    assert score_alerts(due, raised) == {
        "missing": {"precision": 0.5, "recall": 1.0, "n": 2},
        "offline": {"precision": 0.0, "recall": None, "n": 1},
    }


def test_quantile_lies_between_values() -> None:
    """
    A quantile lies on the straight line between two values, and is none at infinity.
    """
    assert quantile([0.0, 10.0], 0.25) == 2.5
    assert quantile([0.0, 1.0, float("inf")], 0.5) == 1.0
    assert quantile([0.0, float("inf")], 0.5) is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("A,5,2,x,,,,,", "to lies before from"),
        ("A,0,2,x,one,2,,,", "x 'one' is no number"),
        ("A,0,2,x,,,,through,out", "door is empty"),
        ("A,0,2,x,,,d,passed,out", "verdict 'passed' is not known: write through or static or milling"),
        ("A,0,2,x,,,d,through,up", "direction 'up' is not known"),
        (",0,2,x,,,,,", "epc is empty"),
        ("A,nan,2,x,,,,,", "'nan' is no time"),
        ("A,0,2", "fewer values than columns"),
        ("A,0,2,x,,,,,,", "more values than columns"),
    ],
)
def test_read_truth_table_refuses_a_bad_row(tmp_path: Path, row: str, message: str) -> None:
    """
    A row that makes no sense is refused with its line and what to write.
    """
    file = tmp_path / "truth.csv"
    file.write_text(f"epc,from,to,zone,x,y,door,verdict,direction\n{row}\n", encoding="utf-8")

    with pytest.raises(BadTable, match=rf"truth\.csv:2: {message}"):
        read_truth_table(file)


def results(folder: Path) -> Path:
    """Results of one tag that came, was read at a door and left, with the truth beside them."""
    tables = {
        "truth.csv": "epc,from,to,zone,x,y,door,verdict,direction\n"
        "A,0,10,x,1,1,,,\nA,10,20,y,,,d,through,out\nB,0,90,x,,,,,\n",
        "zones.csv": "time,epc,zone,confidence,x,y\n1,A,x,0.9,1,3\n12,A,y,0.9,5,5\n0,B,x,0.9,1,1\n",
        "passages.csv": "opened,closed,door,epc,verdict,direction,confidence\n11,21,d,A,through,out,0.9\n",
        "presence.csv": "time,epc,state,confidence\n1,A,present,0.9\n24,A,left,0.9\n0,B,present,0.9\n",
        "alerts.csv": "time,kind,subject\n24,left_without_shipment,A\n",
        "events.csv": "epc,time,door,kind\nA,20,d,theft_door\n",
    }
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_score_prints_all_figures(tmp_path: Path) -> None:
    """
    The command reads a folder and a truth, and prints every figure under the name that scripts know.
    """
    said = CliRunner().invoke(app, ["score", str(results(tmp_path)), "--truth", str(tmp_path / "truth.csv"), "--json"])

    assert said.exit_code == 0
    assert json.loads(said.stdout) == {
        "zone_accuracy": pytest.approx(107 / 110, abs=1e-4),
        "settled_accuracy": 1.0,
        "changes": 3,
        "true_changes": 3,
        "delay_s": {"p50": 1.0, "p95": 1.9, "never": 0},
        "position_error_m": {"mean": 2.0, "p50": 2.0, "p90": 2.0, "n": 1, "unplaced": 0},
        "passages": {
            "macro_accuracy": 1.0,
            "through_f1": 1.0,
            "direction_accuracy": 1.0,
            "false_through": 0,
            "n": 1,
        },
        "presence": {"false_exits": 0, "exit_delay_s": {"p50": 4.0, "p95": 4.0, "n": 1, "never": 0}},
        "alerts": {"left_without_shipment": {"precision": 1.0, "recall": 1.0, "n": 1}},
    }


def test_score_refuses_a_folder_without_results(tmp_path: Path) -> None:
    """
    A folder without its tables is a misuse, and the message names the file that is not there.
    """
    results(tmp_path)
    (tmp_path / "presence.csv").unlink()
    said = CliRunner().invoke(app, ["score", str(tmp_path), "--truth", str(tmp_path / "truth.csv")])

    assert said.exit_code == 2
    assert "presence.csv: cannot be read" in said.stderr.replace("\n", "")
