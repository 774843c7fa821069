"""
The simulated warehouse: the same seed makes the same one, and what it says is true agrees with its own plan.
"""

import csv
import itertools
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from shapely import Point, Polygon

from firmware_sim.geometry import Floor
from firmware_sim.layout import demo_plan
from firmware_sim.run import Simulation
from firmware_sim.scenarios import SCENARIOS
from firmware_sim.simulation import Config, Warehouse
from firmware_sim.tags import Life
from firmware_sim.truth import COLUMNS, Stay
from tests.sim_runs import START_US, run

CONFIG = Config(tags=1_200, rate=1_000.0)
TICKS = 350


def stays_of_run() -> list[Stay]:
    """All stays of the run that these tests look at."""
    warehouse = run(CONFIG, TICKS).warehouse
    return list(warehouse.world.truth.stays(warehouse.world.now_us))


def test_run_with_the_same_seed_says_the_same_bytes() -> None:
    """
    Two runs of one seed publish the same messages in the same order.
    """
    config = Config(tags=300)
    again = run.__wrapped__(config, 60)
    assert run(config, 60).told == again.told
    assert sum(message.reads for message in again.messages) > 100


def test_run_with_another_seed_says_something_else() -> None:
    """
    The seed decides what happens.
    """
    assert run(Config(tags=300), 60).told != run(Config(tags=300, seed=8), 60).told


def test_site_file_has_every_zone_reader_and_door() -> None:
    """
    The site file is TOML, with the plan's zones, readers, antennas, doors and sensors.
    """
    site = tomllib.loads(Warehouse(Config(tags=10)).site_toml())
    plan = demo_plan()
    assert [zone.id for zone in plan.zones] == [zone["id"] for zone in site["zone"]]
    assert [reader.id for reader in plan.readers] == [reader["id"] for reader in site["reader"]]
    assert 24 <= len(site["zone"]) <= 40
    assert {"native", "zebra", "impinj"} == {reader["format"] for reader in site["reader"]}
    assert [door["kind"] for door in site["door"]] == ["dock"] * 6 + ["exit"]
    assert {"native"} == {r["format"] for r in site["reader"] if r["id"] in {s["reader"] for s in site["sensor"]}}


def test_zones_of_the_plan_do_not_overlap_and_antennas_hang_near_theirs() -> None:
    """
    The plan obeys the rules of docs/site-file.md.
    """
    site = tomllib.loads(Warehouse(Config(tags=10)).site_toml())
    shapes = {zone["id"]: Polygon(zone["polygon"]) for zone in site["zone"]}
    assert [(a, b) for a, b in itertools.combinations(shapes, 2) if shapes[a].intersection(shapes[b]).area > 0] == []
    antennas = [antenna for reader in site["reader"] for antenna in reader.get("antenna", [])]
    assert max(shapes[a["zone"]].distance(Point(a["x"], a["y"])) for a in antennas) <= 5.0
    assert all(0 <= a["x"] <= site["site"]["width_m"] and 0 <= a["y"] <= site["site"]["height_m"] for a in antennas)


def test_zone_at_a_point_is_that_of_the_polygon() -> None:
    """
    The raster that the simulator looks zones up in says what the plan's rectangles say.
    """
    plan = demo_plan()
    rng = np.random.default_rng(5)
    x, y = rng.uniform(-3, 83, 3_000).astype(np.float32), rng.uniform(-3, 53, 3_000).astype(np.float32)
    found = Floor(plan).zone_at(x, y)
    for px, py, zone in zip(x.tolist(), y.tolist(), found.tolist(), strict=True):
        inside = [no for no, z in enumerate(plan.zones) if z.x0 <= px < z.x1 and z.y0 <= py < z.y1]
        in_building = 0 <= px < plan.width_m and 0 <= py < plan.height_m
        assert (inside[0] if inside else (-1 if in_building else -2)) == zone


def test_every_tag_here_is_in_the_zone_that_its_place_says() -> None:
    """
    Truth about the zone and truth about the place are one truth.
    """
    warehouse = run(CONFIG, TICKS).warehouse
    tags = warehouse.tags
    here = np.flatnonzero(tags.life == Life.HERE)
    assert tags.zone[here].tolist() == warehouse.world.floor.zone_at(tags.x[here], tags.y[here]).tolist()


def test_stays_of_a_tag_follow_each_other() -> None:
    """
    No tag is in two zones at once, and nothing lasts less than no time.
    """
    by_epc: dict[str, list[Stay]] = defaultdict(list)
    for stay in stays_of_run():
        by_epc[stay.epc].append(stay)
    assert all(stay.from_s <= stay.to_s for stays in by_epc.values() for stay in stays)
    for stays in by_epc.values():
        ordered = sorted(stays, key=lambda stay: stay.from_s)
        assert all(a.to_s <= b.from_s for a, b in itertools.pairwise(ordered))


def test_passages_are_at_doors_and_go_in_and_out() -> None:
    """
    A passage has a door and a direction, and both directions occur; who doesn't pass has none.
    """
    passages = [stay for stay in stays_of_run() if stay.verdict]
    assert {"in", "out"} == {stay.direction for stay in passages if stay.verdict == "through"}
    assert {"none"} >= {stay.direction for stay in passages if stay.verdict != "through"}
    plan = demo_plan()
    assert all(plan.door(stay.door).zone == stay.zone for stay in passages)


def test_shipment_leaves_through_its_door_after_it_was_announced() -> None:
    """
    What is planted as a shipment was announced for that door some seconds before.
    """
    warehouse = run(CONFIG, TICKS).warehouse
    announced = {epc: shipment for shipment in warehouse.shipments() for epc in shipment.epcs}
    left = [planted for planted in warehouse.world.truth.planted if planted.kind == "shipment"]
    assert len(left) > 10
    for planted in left:
        assert announced[planted.epc].door == planted.door
        assert announced[planted.epc].announced_s + 6.0 <= planted.time_s


def test_thefts_of_the_standard_scenario_happen_early_and_are_on_no_shipment() -> None:
    """
    Within 35 s things are stolen through the exit, through a dock door, and in a lined bag.
    """
    warehouse = run(CONFIG, TICKS).warehouse
    announced = {epc for shipment in warehouse.shipments() for epc in shipment.epcs}
    thefts = [planted for planted in warehouse.world.truth.planted if planted.kind.startswith("theft")]
    assert {"theft_exit", "theft_door", "theft_shielded"} == {planted.kind for planted in thefts}
    assert not announced & {planted.epc for planted in thefts}
    out = {stay.epc: stay.door for stay in stays_of_run() if stay.direction == "out"}
    assert all(out[planted.epc] == planted.door for planted in thefts if planted.kind != "theft_shielded")


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("tags", [10, 77])
def test_tiny_warehouse_runs_in_every_scenario(scenario: str, tags: int) -> None:
    """
    Ten tags are enough.
    """
    told = run(Config(tags=tags, scenario=scenario), 80)
    assert sum(message.reads for message in told.messages) > 0


def test_tags_that_come_again_have_new_epcs() -> None:
    """
    No EPC is given twice, and those of one warehouse all differ.
    """
    warehouse = run(CONFIG, TICKS).warehouse
    everyone = np.arange(warehouse.tags.count, dtype=np.int32)
    before = set(warehouse.tags.epcs(everyone))
    assert len(before) == warehouse.tags.count
    fresh = Warehouse(Config(tags=100)).tags
    old = set(fresh.epcs(np.arange(100, dtype=np.int32)))
    fresh.encode(np.arange(100, dtype=np.int32), 3)
    assert not old & set(fresh.epcs(np.arange(100, dtype=np.int32)))


def test_truth_file_has_the_columns_that_scoring_reads(tmp_path: Path) -> None:
    """
    truth.csv begins with the documented columns; its times are Unix seconds.
    """
    simulation = Simulation(Config(tags=50))
    simulation.warehouse.begin_at(START_US)
    for _ in range(20):
        simulation.warehouse.tick()
    simulation.write(tmp_path)
    with (tmp_path / "truth.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(COLUMNS) == list(rows[0])
    assert {START_US / 1e6 + 2.0} >= {max(float(row["to"]) for row in rows)}
    assert {
        "events.csv",
        "faults.json",
        "readers.json",
        "shipments.json",
        "site.toml",
        "summary.json",
        "truth.csv",
    } == {path.name for path in tmp_path.iterdir()}
