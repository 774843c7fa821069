"""A walk test moves what the plan says a part of the way, and never makes the zones of goods at rest worse."""

import csv
import math
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.calibrate.walk import PIECE_M
from core.engine.manner import Manner
from core.engine.places import places_of
from core.engine.prior import CHANCE_MIN, prior_of
from core.site import Antenna, Reader, Site, Zone, ZoneKind
from tallyport.calibrate import calibrate, read_calibration
from tallyport.replay import replay
from tallyport.score.report import score_folder

ROOM_M, ROOMS = 6.0, 3
ROW_S = 2


def three_rooms(side: float = 6.0) -> Site:
    """Three rooms in a row, an antenna in the middle of each."""
    zones = tuple(
        Zone(
            id=f"z{i}",
            name=f"Z{i}",
            kind=ZoneKind.STORAGE,
            polygon=((x, 0), (x + side, 0), (x + side, side), (x, side)),
        )
        for i, x in enumerate(side * i for i in range(ROOMS))
    )
    antennas = tuple(Antenna(port=i + 1, x=side * (i + 0.5), y=side / 2, zone=f"z{i}") for i in range(ROOMS))
    readers = (Reader(id="r", name="Reader", antennas=antennas),)
    return Site(id="rooms", name="Rooms", timezone="UTC", width_m=3 * side, height_m=side, zones=zones, readers=readers)


class Recorder:
    """Reads of tags by antennas as far away as the plan says, or by each other's where they were plugged in wrongly."""

    def __init__(self, seed: int, plugged: tuple[int, ...] = (1, 2, 3), pace: tuple[int, ...] = (2, 2, 2)) -> None:
        self.rng = random.Random(seed)
        self.plugged, self.pace = plugged, pace
        self.reads: list[tuple[float, str, int, str, str]] = []
        self.truth: list[tuple[str, float, float, str, float, float]] = []

    def stand(self, epc: str, at_s: float, for_s: float, spot: tuple[float, float]) -> None:
        """A tag stands at a spot for a while."""
        x, y = spot
        self.truth.append((epc, at_s, at_s + for_s, f"z{int(x // ROOM_M)}", x, y))
        for antenna, pace in enumerate(self.pace):
            level = -51.0 - 22.0 * math.log10(math.hypot(x - 6.0 * antenna - 3.0, y - 3.0, 3.0))
            for n in range(round(for_s * pace)):
                dbm = level + self.rng.gauss(0.0, 3.0)
                if dbm > -72.0:
                    self.reads.append((at_s + n / pace, "r", self.plugged[antenna], epc, f"{dbm:.1f}"))

    def write(self, folder: Path) -> None:
        """The two files."""
        folder.mkdir()
        for name, header, rows in (
            ("reads.csv", "time,reader,antenna,epc,rssi", sorted(self.reads)),
            ("truth.csv", "epc,from,to,zone,x,y", self.truth),
        ):
            with (folder / name).open("w", newline="") as file:
                table = csv.writer(file)
                table.writerow(header.split(","))
                table.writerows(rows)


def walk(folder: Path, plugged: tuple[int, ...] = (1, 2, 3)) -> None:
    """One tag is carried up and down through all rooms at a metre a second, and read by one antenna far more often."""
    taped = Recorder(1, plugged, (2, 8, 2))
    for row in range(90):
        along = row * ROW_S % 34
        x = 0.5 + (along if along < 17 else 34 - along)
        taped.stand("A0", 1000.0 + ROW_S * row, ROW_S, (min(x, 17.5), 1.0 + row % 5))
    taped.write(folder)


def goods(folder: Path, plugged: tuple[int, ...] = (1, 2, 3)) -> None:
    """Things stand for half a minute, then elsewhere; all antennas read as often."""
    taped = Recorder(2, plugged)
    for tag in range(12):
        for stay in range(3):
            spot = (taped.rng.uniform(0.5, 17.5), taped.rng.uniform(0.5, 5.5))
            taped.stand(f"B{tag}", 5000.0 + 30.0 * stay, 30.0, spot)
    taped.write(folder)


def accuracy(folder: Path, calibration: Path | None) -> float:
    """Share of time at which the goods' zones were right."""
    replay(folder / "reads.csv", three_rooms(), folder / "out", calibration)
    right = score_folder(folder / "out", folder / "truth.csv")["settled_accuracy"]
    assert isinstance(right, float)
    return right


def test_walk_moves_chances_and_leaves_levels_and_manner(tmp_path: Path) -> None:
    """
    After a walk, levels and manner are the plan's; the antenna that read the walker more is thought a bit readier.
    """
    site = three_rooms()
    walk(tmp_path / "walk")
    calibrate(tmp_path / "walk/reads.csv", tmp_path / "walk/truth.csv", site, tmp_path / "c.json")
    kept = read_calibration(tmp_path / "c.json")
    prior = prior_of(site, places_of(site))
    told = np.exp(prior.chance.astype(np.float64))
    moved = kept.hearing.chance - np.log(told / told.sum(axis=0) + CHANCE_MIN)
    eager = [point.antenna for point in site.read_points].index(2)

    assert kept.manner == Manner()
    assert kept.hearing.dbm == pytest.approx(prior.dbm, abs=1e-2)
    assert moved[eager].min() > 0.0
    assert np.abs(moved).max() < 1.0


def test_walk_leaves_alone_how_often_each_reader_speaks(tmp_path: Path) -> None:
    """
    Where each antenna has a reader of its own, one that read the walker far more often says nothing of the goods.
    """
    site = three_rooms()
    [reader] = site.readers
    readers = tuple(replace(reader, id=f"r{a.port}", antennas=(a,)) for a in reader.antennas)
    site = replace(site, readers=readers)
    walk(tmp_path / "walk")
    rows = (tmp_path / "walk/reads.csv").read_text().replace(",r,", ",r").splitlines()
    plugged = [
        rows[0],
        *(f"{at},{reader},{reader[1]},{rest}" for at, reader, rest in (r.split(",", 2) for r in rows[1:])),
    ]
    (tmp_path / "walk/reads.csv").write_text("\n".join(plugged) + "\n")
    calibrate(tmp_path / "walk/reads.csv", tmp_path / "walk/truth.csv", site, tmp_path / "c.json")
    kept = read_calibration(tmp_path / "c.json")
    told = np.exp(prior_of(site, places_of(site)).chance.astype(np.float64))

    assert kept.hearing.chance == pytest.approx(np.log(told / told.sum(axis=0) + CHANCE_MIN), abs=1e-3)


def test_walk_parts_a_large_zone_into_pieces() -> None:
    """
    A zone of 15 by 6 m is three pieces beside each other, and lies beside the nearest piece across an aisle.
    """
    long = Zone(id="a", name="A", kind=ZoneKind.STORAGE, polygon=((0, 0), (15, 0), (15, 6), (0, 6)))
    small = Zone(id="b", name="B", kind=ZoneKind.STORAGE, polygon=((0, 8), (5, 8), (5, 14), (0, 14)))
    site = replace(three_rooms(), zones=(long, small), readers=())
    pieces = places_of(site, PIECE_M)

    assert pieces.zone.tolist() == [0, 0, 0, 1]
    assert pieces.xy.tolist() == pytest.approx(np.array([[2.5, 3.0], [7.5, 3.0], [12.5, 3.0], [2.5, 11.0]]), abs=0.5)
    assert [sorted(p for p in row if p >= 0) for row in pieces.next.tolist()] == [[1, 3], [0, 2, 3], [1], [0, 1]]


def test_walk_costs_goods_next_to_nothing(tmp_path: Path) -> None:
    """
    A walker read four times as often by one antenna as goods are costs their accuracy less than two hundredths.
    """
    walk(tmp_path / "walk")
    goods(tmp_path / "goods")
    calibrate(tmp_path / "walk/reads.csv", tmp_path / "walk/truth.csv", three_rooms(), tmp_path / "c.json")

    assert accuracy(tmp_path / "goods", tmp_path / "c.json") > accuracy(tmp_path / "goods", None) - 0.02


def test_walk_puts_right_what_the_plan_has_wrong(tmp_path: Path) -> None:
    """
    Where antennas are plugged in wrongly, a walk shows it by far, and is believed in all it says.
    """
    wrong = (2, 3, 1)
    walk(tmp_path / "walk", wrong)
    goods(tmp_path / "goods", wrong)
    calibrate(tmp_path / "walk/reads.csv", tmp_path / "walk/truth.csv", three_rooms(), tmp_path / "c.json")

    by_plan, taught = accuracy(tmp_path / "goods", None), accuracy(tmp_path / "goods", tmp_path / "c.json")
    assert taught > 0.8
    assert taught - by_plan > 0.6


@pytest.mark.parametrize(("side", "step_m"), [(3.0, 0.0), (6.0, PIECE_M)])
def test_carrying_a_tag_about_a_small_room_is_no_walk_test(side: float, step_m: float, tmp_path: Path) -> None:
    """
    In one small room that zones divide, the zones are learned whole from what is carried there; in a hall, by a walk.
    """
    taped = Recorder(3)
    for row in range(120):
        zone = row % ROOMS
        spot = side * zone + side / 2, 1.0 + row % 5 * side / 6
        taped.truth.append(("A0", 1000.0 + row, 1001.0 + row, f"z{zone}", *spot))
        for antenna in (1, 2, 3):
            level = (-50.0 if antenna == zone + 1 else -56.0) + taped.rng.gauss(0.0, 2.0)
            taped.reads.append((1000.0 + row + antenna / 9, "r", antenna, "A0", f"{level:.1f}"))
    taped.write(tmp_path / "carried")
    calibrate(tmp_path / "carried/reads.csv", tmp_path / "carried/truth.csv", three_rooms(side), tmp_path / "c.json")
    kept = read_calibration(tmp_path / "c.json")

    assert kept.step_m == step_m
    assert (kept.manner != Manner()) == (step_m == 0.0)
