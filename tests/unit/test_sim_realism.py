"""
The simulator is held against real recordings: the small rooms are as hard as the real ones, gaps have the same tails.
"""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from firmware_sim import realism_sim
from firmware_sim.cli import main
from firmware_sim.ladder_doors import auc, door_ladder
from firmware_sim.ladder_zones import zone_ladder
from firmware_sim.measures import counted, gaps_of
from firmware_sim.realism_real import real_figures


def test_four_squares_are_as_hard_as_the_real_ones() -> None:
    """
    In a middling room no simple method is better by more than a few points than on the real recording, or worse.
    """
    rows = {name: (published, ours) for name, published, ours in zone_ladder(1, 7)}
    accuracies = {name: pair for name, pair in rows.items() if not name.endswith("changes")}
    assert {} == {name: pair for name, pair in accuracies.items() if abs(pair[0] - pair[1]) > 0.07}
    assert rows["latest read, changes"][1] > 60_000


def test_dock_room_is_as_hard_as_the_real_one() -> None:
    """
    Movement is told from standing nearly always, the three classes nine times in ten, the direction nearly always.
    """
    rows = {name: ours for name, _, ours in door_ladder(1, 7)}
    assert rows["moved or static by sd, AUC"] > 0.97
    assert 0.85 <= rows["three classes, accuracy"] <= 0.955
    assert 0.93 <= rows["direction by slope"] <= 1.0


def test_ladder_command_prints_real_beside_simulated(capsys: pytest.CaptureFixture[str]) -> None:
    """
    Each figure has the published value, the mean of ours, and one value for each room asked for.
    """
    assert main(["ladder", "--rooms", "2", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"quadrants", "door-runs"} == {row["scenario"] for row in rows}
    assert all(len(row["rooms"]) == 1 and row["ours"] == row["rooms"][0] for row in rows)
    assert main(["ladder", "--rooms", "2"]) == 0
    assert "EdgeX" in capsys.readouterr().out


def test_realism_command_names_the_recordings_that_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Without the real recordings the published figures and our own are still there.
    """
    monkeypatch.setattr(realism_sim, "TRIALS", 3)
    monkeypatch.setattr(realism_sim, "SHELVES", 1)
    monkeypatch.setattr(realism_sim, "WAREHOUSE_S", 24.0)
    assert main(["realism", "--data", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["missing"]) == 3
    figures = {row["figure"]: row for row in told["figures"]}
    assert figures["dense shelf: gap p50, s"]["published"]
    assert figures["dense shelf: gap p50, s"]["simulated"] == pytest.approx(1.38, rel=0.5)
    assert figures["worn in a room: gap p50, s"]["real"] is None


def test_realism_measures_the_real_recordings(tmp_path: Path) -> None:
    """
    Gaps and rates come from the worn sensors of the first room, misses and strays from the counts.
    """
    worn, counts = tmp_path / "uhf_batteryless_uci427", tmp_path / "uhf_detego_store"
    worn.mkdir()
    counts.mkdir()
    reads_of_trial = [f"S1,a,{at / 4},0,0,0,1,{-60 - at % 2},0,920,1" for at in range(40)]
    head = "room,trial,t,acc_f,acc_v,acc_l,antenna,rssi,phase,freq,label"
    table = [head, *reads_of_trial, "S2,b,0,0,0,0,1,-9,0,920,1"]
    with gzip.open(worn / "reads.csv.gz", "wt") as file:
        file.write("\n".join(table))
    (counts / "panels_epc_mapping.csv").write_text(",epc,panel\n0,7,1\n1,8,1\n")
    walks = [f"0,0,{epc},-60,S0,{walk}" for walk in range(1, 10) for epc in ((7, 8) if walk > 1 else (7, 99))]
    events = [",milliseconds,epc,rssi,session,experiment_nr", *walks]
    (counts / "case_study_read_events.csv").write_text("\n".join(events))
    figures, missing = real_figures(tmp_path)
    assert missing == []
    assert figures["worn in a room: gap p50, s"] == 0.25
    assert figures["worn in a room: reads/s a tag, p50"] == pytest.approx(40 / 9.75)
    assert figures["worn in a room: spread within 5 s, dB"] == pytest.approx(0.5)
    assert figures["counts: share read in a round"] == pytest.approx(17 / 18)
    assert figures["counts: share of reads of what stands elsewhere"] == pytest.approx(1 / 18)


def test_counts_tell_repeated_misses_from_fresh_ones() -> None:
    """
    Of two rounds with four tags, one is missed twice and one freshly.
    """
    read = np.array([[1.0, 0.0, 2.0, 1.0], [1.0, 0.0, 0.0, 3.0]])
    figures = counted("c", read, np.full(read.shape, -60.0))
    assert figures["c: P(miss given missed before)"] == 1.0
    assert figures["c: P(miss given read before)"] == pytest.approx(1 / 3)
    assert figures["c: share read in a round"] == pytest.approx(5 / 8)
    assert figures["c: share read in one of two rounds"] == pytest.approx(3 / 4)


def test_gaps_are_told_by_their_shares() -> None:
    """
    Half the gaps are shorter than the median, and the longest is the longest.
    """
    figures = gaps_of("g", np.arange(1.0, 102.0))
    assert figures["g: gap p50, s"] == 51.0
    assert figures["g: longest gap, s"] == 101.0


def test_area_under_the_curve_is_how_often_positives_score_higher() -> None:
    """
    All higher is 1, all lower is 0.
    """
    positive = np.array([False, False, True, True])
    assert [1.0, 0.0] == [auc(np.array(score), positive) for score in ([1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0])]
