"""
Recordings without a broker: three files, the same bytes for the same seed, and a truth that fits them.
"""

import csv
import itertools
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.site_file import load_site
from firmware_sim.cli import main
from firmware_sim.diary import Diary
from firmware_sim.faults import Fault
from firmware_sim.layout import demo_plan
from firmware_sim.record_warehouse import Tape, record_warehouse
from firmware_sim.room_radio import RoomRadio, some_tag
from firmware_sim.rooms import ROOMS, RoomConfig, record_door_runs, record_quadrants
from firmware_sim.simulation import Config
from firmware_sim.walk_test import record_walk_test
from firmware_sim.walks import Box, standing
from tallyport.replay import Beside, replay
from tallyport.score.alerts import read_alerts
from tests.sim_runs import reads

SHORT = RoomConfig(for_s=200.0)


def rows_of(file: Path) -> list[dict[str, str]]:
    """Read a table."""
    with file.open(newline="") as table:
        return list(csv.DictReader(table))


@pytest.mark.parametrize("scenario", [*ROOMS, "shrinkage"])
def test_recording_with_the_same_seed_is_the_same_bytes(scenario: str, tmp_path: Path) -> None:
    """
    Twice the same seed: equal files; another seed: other reads.
    """
    words = ["record", "--scenario", scenario, "--for", "20", "--tags", "100", "--out"]
    assert [0, 0, 0] == [main([*words, str(tmp_path / name), "--seed", seed]) for name, seed in ("a5", "b5", "c6")]
    files = ("site.toml", "reads.csv", "truth.csv", *(() if scenario in ROOMS else ("words.csv",)))
    assert [(tmp_path / "a" / file).read_bytes() for file in files] == [
        (tmp_path / "b" / file).read_bytes() for file in files
    ]
    assert (tmp_path / "a" / "reads.csv").read_bytes() != (tmp_path / "c" / "reads.csv").read_bytes()


@pytest.mark.parametrize("scenario", [*ROOMS, "standard"])
def test_recording_has_sorted_reads_and_a_site_that_loads(scenario: str, tmp_path: Path) -> None:
    """
    Times rise and have six decimals, levels are in a reader's steps, readers and antennas stand in the site file.
    """
    assert main(["record", "--scenario", scenario, "--for", "30", "--tags", "100", "--out", str(tmp_path)]) == 0
    rows = rows_of(tmp_path / "reads.csv")
    times = [row["time"] for row in rows]
    assert sorted(times) == times
    assert {6} == {len(time.partition(".")[2]) for time in times}
    assert {0.0} == {float(row["rssi"]) * 2 % 1 for row in rows}
    site = load_site(tmp_path / "site.toml")
    points = {(reader.id, str(antenna.port)) for reader in site.readers for antenna in reader.antennas}
    assert points >= {(row["reader"], row["antenna"]) for row in rows}
    stays = {row["zone"] for row in rows_of(tmp_path / "truth.csv")}
    assert {zone.id for zone in site.zones} >= stays


def test_quadrants_are_stitched_from_pieces_in_one_square_each() -> None:
    """
    Pieces follow each other without a gap, each in another square than the one before, and all four occur.
    """
    recording = record_quadrants(RoomConfig(for_s=600.0, piece_s=10.0))
    rows = list(recording.truth)
    assert len(rows) == 60
    assert {10_000_000} == {row.to_us - row.from_us for row in rows}
    assert all(a.to_us == b.from_us and a.zone != b.zone for a, b in itertools.pairwise(rows))
    assert len({row.zone for row in rows}) == 4
    site = tomllib.loads(recording.site_toml)
    boxes = {zone["id"]: zone["polygon"] for zone in site["zone"]}
    inside = [boxes[r.zone][0][0] < (r.x or 0.0) < boxes[r.zone][2][0] for r in rows]
    assert all(inside)


def test_every_antenna_hears_every_square() -> None:
    """
    No square is out of an antenna's range, and a tag is read by each some times a second.
    """
    recording = record_quadrants(RoomConfig(for_s=300.0))
    counts = np.bincount(recording.heard.port)[1:] / 300.0
    assert counts.size == 4
    assert counts.min() > 2.0
    assert 4.0 <= counts.sum() <= 25.0


def test_rooms_shadow_stays_from_one_recording_to_the_next() -> None:
    """
    The levels of the same places differ less between two recordings of one room than between two rooms.
    """
    one, same, other = (levels_of(RoomRadio(room, recording)) for room, recording in ((1, 1), (1, 2), (2, 1)))
    assert np.abs(np.subtract(one, same)).mean() < 0.75 * np.abs(np.subtract(one, other)).mean()


def levels_of(radio: RoomRadio) -> list[float]:
    """Mean level at each antenna of a tag put down at some places, always the same ones."""
    rng = np.random.default_rng(3)
    levels: list[float] = []
    for _ in range(25):
        heard = radio.hear(standing(Box(x0=0.0, y0=0.0, x1=4.6, y1=4.6), 8.0, rng), some_tag(0, rng), (0.0, 0.0), rng)
        levels += [float(heard.level_dbm[heard.port == port].mean()) for port in (1, 2, 3, 4)]
    return levels


def test_door_runs_are_the_published_numbers_of_each_kind() -> None:
    """
    64 tags stand, 175 are milled about, 64 are carried through, in and out, each run with an EPC of its own.
    """
    rows = record_door_runs(RoomConfig()).truth
    assert {"static": 64, "milling": 175, "through": 64} == Counter(row.verdict for row in rows)
    assert {"in", "out"} == {row.direction for row in rows if row.verdict == "through"}
    assert {"none"} == {row.direction for row in rows if row.verdict != "through"}
    assert len(rows) == len({row.epc for row in rows})
    assert all(5.9e6 <= row.to_us - row.from_us <= 14.1e6 for row in rows)


def test_one_tag_that_comes_again_leaves_long_gaps() -> None:
    """
    With one EPC for all runs, half a minute lies between them.
    """
    rows = list(record_door_runs(RoomConfig(for_s=400.0, same_epc=True)).truth)
    assert len({row.epc for row in rows}) == 1
    assert min(b.from_us - a.to_us for a, b in itertools.pairwise(rows)) >= 29_000_000


def test_warehouse_recording_has_passages_in_its_truth() -> None:
    """
    Tags go in and out through doors, and each passage has its door.
    """
    rows = record_warehouse(Config(tags=600, rate=600.0), 40.0).truth
    through = [row for row in rows if row.verdict == "through"]
    assert {"in", "out"} == {row.direction for row in through}
    assert all(row.door for row in through)


def test_walk_test_tells_where_each_reference_tag_was() -> None:
    """
    The reads are the reference tags' alone; the truth has their zones and places, two seconds at a time.
    """
    recording = record_walk_test(Config(tags=600, rate=600.0), 25.0)
    carried = {row.epc for row in recording.truth}
    assert len(carried) == 48
    assert carried >= {recording.epcs[tag] for tag in np.unique(recording.heard.tag).tolist()}
    assert max(row.to_us - row.from_us for row in recording.truth) <= 2_100_000
    boxes = {zone.id: zone for zone in demo_plan().zones}
    for row in recording.truth:
        box = boxes[row.zone]
        assert box.x0 - 0.5 <= (row.x or 0.0) <= box.x1 + 0.5


def test_walk_test_without_spare_tags_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Too few tags are misuse, not a crash.
    """
    assert main(["record", "--walk-test", "--tags", "20", "--out", str(tmp_path)]) == 2
    assert "give more --tags" in capsys.readouterr().err


def test_tape_leaves_out_what_a_broken_reader_does_not_hear() -> None:
    """
    No read comes from a reader without power or an antenna without a cable, and a wrong clock shifts the others.
    """
    plan = demo_plan().readers[0]
    faults = (
        Fault(kind="silence", reader=plan.id, from_s=10.0, to_s=20.0),
        Fault(kind="antenna", reader=plan.id, from_s=0.0, to_s=9.0, parameters={"port": 2.0}),
        Fault(kind="clock", reader=plan.id, from_s=30.0, to_s=40.0, parameters={"offset_s": 300.0}),
    )
    tape = Tape(plan, 0, faults)
    for at_s in (5, 15, 35):
        at_us = at_s * 1_000_000
        tape.hear(reads([1, 2], [1, 2], [-60.0, -61.0], [at_us - 2, at_us - 1]), at_us)
    lots = tape.lots(40_000_000)
    told = [(tag, at // 1_000_000) for lot in lots for tag, at in zip(lot.tag, lot.seen_us, strict=True)]
    assert [(1, 4), (1, 334), (2, 334)] == told


def test_diary_tells_that_a_reader_lives_goes_and_comes_back() -> None:
    """
    A heartbeat each five seconds while it has power; its last will, a cable that comes off, and beams by its clock.
    """
    plan = next(reader for reader in demo_plan().readers if reader.id == "dock-6")
    faults = (
        Fault(kind="silence", reader=plan.id, from_s=7.0, to_s=9.0),
        Fault(kind="antenna", reader=plan.id, from_s=12.0, to_s=13.0, parameters={"port": 2.0}),
    )
    diary = Diary(plan, faults)
    for at_s in range(1, 16):
        diary.note([(1, at_s == 10)] if at_s in {8, 10, 11} else [], at_s * 1_000_000, 500_000)

    told = [(word.seen_us / 1e6 - 0.5, word.kind, word.port, word.value) for word in diary.words]
    assert told == [
        (1.0, "online", 0, 0.0),
        (6.0, "heartbeat", 0, 0.0),
        (7.0, "offline", 0, 0.0),
        (9.0, "online", 0, 0.0),
        (10.0, "gpi", 1, 0.0),
        (11.0, "gpi", 1, 1.0),
        (12.0, "antenna_down", 2, 0.0),
        (13.0, "antenna_up", 2, 0.0),
        (14.0, "heartbeat", 0, 0.0),
    ]


def test_replay_with_words_calls_no_quiet_reader_offline(tmp_path: Path) -> None:
    """
    A reader that reads nothing after five seconds looks offline by its reads; by its words only one without power is.
    """
    recording = record_warehouse(Config(tags=40, rate=40.0), 30.0)
    quiet = recording.heard.reader == recording.readers.index("aisle-1ab")
    recording = replace(recording, heard=recording.heard.part(~quiet | (recording.heard.seen_us < 5_000_000)))
    recording.write(tmp_path)
    site, told = load_site(tmp_path / "site.toml"), []
    for words in (None, tmp_path / "words.csv"):
        replay(tmp_path / "reads.csv", site, tmp_path / "out", beside=Beside(words=words))
        alerts = read_alerts(tmp_path / "out/alerts.csv")
        told.append({alert.subject.lower() for alert in alerts if alert.kind == "reader_offline"})

    assert "aisle-1ab" in told[0]
    assert told[1] == {"aisle-2gh"}
