"""
The hard scenarios are what their names say, and their truth says so too.
"""

import itertools
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from firmware_sim.cli import main
from firmware_sim.layout import TWIN_X, demo_plan
from firmware_sim.record_warehouse import record_warehouse
from firmware_sim.recording import Recording
from firmware_sim.scenarios import SCENARIOS
from firmware_sim.simulation import Config, Warehouse

HARD = ("hall", "beside-door", "waiting-forklift", "metal-liquid", "dead-antenna", "fast-clock", "twin-doors")


@cache
def recorded(scenario: str) -> Recording:
    """Record a small warehouse for a while."""
    return record_warehouse(Config(tags=600, rate=500.0, scenario=scenario), 60.0)


def levels_by_port(recording: Recording, reader: str) -> dict[int, int]:
    """How many reads each antenna of a reader has."""
    mine = recording.heard.reader == list(recording.readers).index(reader)
    ports, counts = np.unique(recording.heard.port[mine], return_counts=True)
    return dict(zip(ports.tolist(), counts.tolist(), strict=True))


def test_hard_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """
    `scenarios` names them all, and the rooms that can be recorded.
    """
    assert main(["scenarios"]) == 0
    names = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert names == {"standard", "day", "shrinkage", *HARD, "quadrants", "door-runs"}
    assert names - {"quadrants", "door-runs"} == set(SCENARIOS)


def test_each_antenna_of_the_hall_hears_every_square() -> None:
    """
    The four antennas overlap: a good part of each one's reads is of tags in other squares.
    """
    recording = recorded("hall")
    zone_of = {row.epc: row.zone for row in recording.truth}
    squares = sorted(set(zone_of.values()))
    assert len(squares) == 4
    heard = {
        (port, zone_of[recording.epcs[tag]])
        for port, tag in zip(recording.heard.port.tolist(), recording.heard.tag.tolist(), strict=True)
        if recording.epcs[tag] in zone_of
    }
    assert len(heard) == 16


def test_pallets_beside_a_door_stand_still_outside_its_zone() -> None:
    """
    They have a static row for the door, no zone, a place within two metres of the zone; the door's reader hears them.
    """
    recording = recorded("beside-door")
    beside = [row for row in recording.truth if row.verdict == "static" and not row.zone]
    zones = {door.id: demo_plan().zones[demo_plan().zone_no(door.zone)] for door in demo_plan().doors}
    assert {f"door-{n}" for n in range(1, 7)} == {row.door for row in beside}
    for row in beside:
        x, zone = row.x or 0.0, zones[row.door]
        assert 0.0 < max(zone.x0 - x, x - zone.x1) < 2.1
    docks = [no for no, reader in enumerate(recording.readers) if reader.startswith("dock-")]
    at_doors = np.unique(recording.heard.tag[np.isin(recording.heard.reader, docks)]).tolist()
    assert len({row.epc for row in beside} & {recording.epcs[tag] for tag in at_doors}) > len(beside) / 2


def test_forklifts_wait_in_portals_and_some_go_back() -> None:
    """
    Passages out take longer than driving would, and some pallets are milled about in the portal for many seconds.
    """
    rows = recorded("waiting-forklift").truth
    waited = [row.to_us - row.from_us for row in rows if row.verdict == "milling"]
    out = [row.to_us - row.from_us for row in rows if row.direction == "out"]
    assert max(waited) > 10_000_000
    assert max(out) > 10_000_000


def test_tags_on_metal_are_read_a_quarter_as_often() -> None:
    """
    Every third tag answers one query in four, and is a little less loud.
    """
    warehouse = Warehouse(Config(tags=600, rate=500.0, scenario="metal-liquid"))
    weak = warehouse.tags.answers < 1.0
    assert weak.mean() == pytest.approx(1 / 3, abs=0.05)
    counts = np.bincount(recorded("metal-liquid").heard.tag, minlength=600)[:600]
    heard = counts > 0
    assert counts[weak & heard].mean() < 0.5 * counts[~weak & heard].mean()


def test_dead_antennas_are_silent() -> None:
    """
    The others of their readers are not.
    """
    recording = recorded("dead-antenna")
    assert {1, 3, 4, 5, 6, 7, 8} == set(levels_by_port(recording, "aisle-1cd"))
    assert 3 not in levels_by_port(recording, "dock-4")


def test_fast_clock_tells_times_five_minutes_ahead() -> None:
    """
    One reader's reads are 300 s ahead of all others'.
    """
    recording = recorded("fast-clock")
    fast = recording.heard.reader == list(recording.readers).index("recv-1")
    assert 300_000_000 <= recording.heard.seen_us[fast].min()
    assert recording.heard.seen_us[fast].max() <= 360_000_000
    assert recording.heard.seen_us[~fast].max() <= 60_000_000


def test_twin_doors_touch_and_both_are_passed() -> None:
    """
    Two pairs of door zones share an edge, and in each pair somebody goes through either door.
    """
    plan = demo_plan(TWIN_X)
    zones = [plan.zones[plan.zone_no(f"dock-door-{n}")] for n in range(1, 7)]
    assert [True, False, False, True, False] == [a.x1 == b.x0 for a, b in itertools.pairwise(zones)]
    passed = {row.door for row in recorded("twin-doors").truth if row.verdict == "through"}
    assert {"door-1", "door-2", "door-4", "door-5"} <= passed


def test_walk_test_of_a_room_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A room has no zones to walk through: misuse, and what to write instead.
    """
    assert main(["record", "--scenario", "quadrants", "--walk-test", "--out", str(tmp_path)]) == 2
    assert "--scenario standard" in capsys.readouterr().err


def test_walk_test_covers_the_hall(tmp_path: Path) -> None:
    """
    Where there are fewer zones than walkers, each zone has one.
    """
    words = ["record", "--scenario", "hall", "--walk-test", "--for", "200", "--out", str(tmp_path)]
    assert main(words) == 0
    truth = (tmp_path / "truth.csv").read_text("utf-8")
    assert all(f",{name}," in truth for name in ("south-west", "south-east", "north-west", "north-east"))
