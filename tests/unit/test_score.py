"""The judge of zones is itself judged on cases that can be checked by eye."""

from pathlib import Path

import pytest

from tallyport.score import BadTable, Published, Stay, read_published, read_truth, score_zones


def test_score_zones_weighs_by_time() -> None:
    """
    A word that is right for seven of ten seconds scores 0.7, seven of eight settled ones; its delay is three seconds.
    """
    truth = [Stay(epc="A", from_s=0, to_s=10, zone="x")]

    score = score_zones(truth, [Published(epc="A", at_s=3, zone="x")])

    assert score.zone_accuracy == pytest.approx(0.7)
    assert score.delay_p50_s == pytest.approx(3)
    assert score.settled_accuracy == pytest.approx(7 / 8)


def test_score_zones_counts_a_tag_never_placed_as_wrong() -> None:
    """
    Saying nothing is not a way to be right.
    """
    truth = [Stay(epc="A", from_s=0, to_s=10, zone="x"), Stay(epc="B", from_s=0, to_s=10, zone="x")]

    assert score_zones(truth, [Published(epc="A", at_s=0, zone="x")]).zone_accuracy == pytest.approx(0.5)


def test_score_zones_takes_the_last_word_before_a_stay() -> None:
    """
    A word spoken before a stay begins holds until the next word.
    """
    truth = [Stay(epc="A", from_s=5, to_s=10, zone="x")]
    words = [Published(epc="A", at_s=0, zone="x"), Published(epc="A", at_s=9, zone="y")]

    assert score_zones(truth, words).zone_accuracy == pytest.approx(0.8)


def test_read_truth_names_file_and_line_of_a_bad_time(tmp_path: Path) -> None:
    """
    A bad time is refused with its place and what to write.
    """
    file = tmp_path / "truth.csv"
    file.write_text("epc,from,to,zone\nA,yesterday,2,x\n", encoding="utf-8")

    with pytest.raises(BadTable, match=r"truth\.csv:2: 'yesterday' is no time"):
        read_truth(file)


def test_read_published_wants_its_columns(tmp_path: Path) -> None:
    """
    A file without the columns is refused with the columns that it lacks.
    """
    file = tmp_path / "zones.csv"
    file.write_text("when,epc\n1,A\n", encoding="utf-8")

    with pytest.raises(BadTable, match="no column time, zone"):
        read_published(file)


def test_read_tables_take_iso_times(tmp_path: Path) -> None:
    """
    Times may be Unix seconds or ISO 8601; without a zone they are UTC.
    """
    file = tmp_path / "truth.csv"
    file.write_text("epc,from,to,zone\na,1970-01-01T00:00:01,1970-01-01T00:00:02Z,x\n", encoding="utf-8")

    assert [Stay(epc="A", from_s=1, to_s=2, zone="x")] == read_truth(file)
