"""Learning a site from labelled reads: what comes out is right, may be kept in a file, and refuses what it can't be."""

import json
import math
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core.calibrate.field import Points, lean_of
from core.calibrate.labelled import LabelledReads
from core.calibrate.sway import APART, sway_of_zones
from core.calibrate.zones import hearing_of_zones
from core.engine import Engine
from core.engine.calibration import BadCalibration, Calibration
from core.engine.places import places_of
from core.engine.prior import prior_of
from core.site import Antenna, Reader, Site, Zone, ZoneKind
from core.site_file import dump_site
from tallyport.calibrate import calibrate, read_calibration
from tallyport.cli import app
from tallyport.replay import replay
from tallyport.score import BadTable
from tallyport.score.report import score_folder
from tests.streams import some_sway

SECONDS = 120
PIECE_S = 20
CROSSED = {"left": "right", "right": "left"}


def two_rooms() -> Site:
    """Two rooms, and the antennas of which the plan says that each hangs in its own."""
    left = Zone(id="left", name="Left", kind=ZoneKind.STORAGE, polygon=((0, 0), (5, 0), (5, 5), (0, 5)))
    right = Zone(id="right", name="Right", kind=ZoneKind.STORAGE, polygon=((5, 0), (10, 0), (10, 5), (5, 5)))
    antennas = (Antenna(port=1, x=2.5, y=2.5, zone="left"), Antenna(port=2, x=7.5, y=2.5, zone="right"))
    reader = Reader(id="r", name="Reader", antennas=antennas)
    zones, readers = (left, right), (reader,)
    return Site(id="rooms", name="Rooms", timezone="UTC", width_m=10.0, height_m=5.0, zones=zones, readers=readers)


def recorded(folder: Path, site: Site, seed: int) -> None:
    """A tag carried from room to room whose antennas were plugged in crosswise: each hears the other room louder."""
    rng, reads, truth = random.Random(seed), ["time,reader,antenna,epc,rssi"], ["epc,from,to,zone"]
    for start in range(0, SECONDS, PIECE_S):
        zone = ("left", "right")[start // PIECE_S % 2]
        truth.append(f"AB,{1000 + start},{1000 + start + PIECE_S},{zone}")
        for tick in range(PIECE_S * 4):
            port = 1 + tick % 2
            loud = site.zones[port - 1].id == CROSSED[zone]
            reads.append(f"{1000 + start + tick / 4:.2f},r,{port},AB,{rng.gauss(-52 if loud else -62, 2):.0f}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reads.csv").write_text("\n".join(reads) + "\n")
    (folder / "truth.csv").write_text("\n".join(truth) + "\n")
    (folder / "site.toml").write_text(dump_site(site))


CORNERS = ((0.5, 0.5), (9.5, 0.5), (0.5, 9.5), (9.5, 9.5))


def hall() -> Site:
    """One zone of 10 m by 10 m with an antenna in each corner."""
    zone = Zone(id="hall", name="Hall", kind=ZoneKind.STORAGE, polygon=((0, 0), (10, 0), (10, 10), (0, 10)))
    antennas = tuple(Antenna(port=i + 1, x=x, y=y, zone="hall", range_m=20) for i, (x, y) in enumerate(CORNERS))
    reader = Reader(id="r", name="Reader", antennas=antennas)
    return Site(id="hall", name="Hall", timezone="UTC", width_m=10.0, height_m=10.0, zones=(zone,), readers=(reader,))


def carried_about(n: int, seed: int) -> LabelledReads:
    """Reads of a tag in two rooms by turns, whose levels at both antennas go up and down together: by 6 dB, for 2 s."""
    rng = np.random.default_rng(seed)
    seen_us = np.arange(n) * 125_000
    stay = np.arange(n) // 160
    common = np.repeat(rng.normal(0.0, 6.0, n // 16 + 1), 16)[:n]
    point = np.where(np.arange(n) % 2 == 0, 1, 2).astype(np.int32)
    loud = (point == 1) == (stay % 2 == 0)
    return LabelledReads(
        seen_us=seen_us,
        tag=np.zeros(n, np.int64),
        read_point=point,
        rssi_dbm=(np.where(loud, -52.0, -58.0) + common + rng.normal(0.0, 2.0, n)).astype(np.float32),
        zone=(stay % 2).astype(np.int16),
        xy=np.full((n, 2), np.nan),
        stay=stay,
    )


def test_sway_of_zones_is_what_antennas_share() -> None:
    """
    Levels that go up and down together at two antennas are found to, for the most part, and what single reads differ
    by to be noise.
    """
    site, reads = two_rooms(), carried_about(6_000, 1)
    places = places_of(site)
    heard, sway = sway_of_zones(reads, places, hearing_of_zones(reads, places, prior_of(site, places))[0])

    assert sway.ear_of.tolist() == [-1, 0, 1]
    assert sway.noise == pytest.approx([6.0, 6.0], abs=3.0)
    assert sway.cov[:, 0, 1] == pytest.approx([(1.0 - APART) * 36.0] * 2, rel=0.35)
    assert sway.cov[:, 0, 0] == pytest.approx([36.0, 36.0], rel=0.35)
    assert heard.dbm[1:] == pytest.approx(np.array([[-52.0, -58.0], [-58.0, -52.0]]), abs=2.0)


def test_calibrate_learns_what_the_plan_has_wrong(tmp_path: Path) -> None:
    """
    Antennas plugged in crosswise put every tag into the wrong room, until labelled reads have shown which hears what.
    """
    site = two_rooms()
    recorded(tmp_path / "train", site, 1)
    recorded(tmp_path / "test", site, 2)
    summary = calibrate(tmp_path / "train/reads.csv", tmp_path / "train/truth.csv", site, tmp_path / "c.json")
    right = []
    for taught in (None, tmp_path / "c.json"):
        replay(tmp_path / "test/reads.csv", site, tmp_path / "out", taught)
        right.append(score_folder(tmp_path / "out", tmp_path / "test/truth.csv")["settled_accuracy"])

    assert summary["places"] == 2
    assert summary["labelled"] == SECONDS * 4
    assert right[0] < 0.2
    assert right[1] > 0.95


@pytest.mark.parametrize(("fades", "leans"), [(False, (1.0,)), (True, (3.5, 5.0))])
def test_lean_of_levels_that_fade_and_that_do_not(*, fades: bool, leans: tuple[float, ...]) -> None:
    """
    Where levels vary alike up and down, both count alike; where fading only takes away, the loud ones count for more.
    """
    site, rng = hall(), np.random.default_rng(5)
    spots = np.array([(x + 0.5, y + 0.5) for x in range(1, 9) for y in range(1, 9)])
    antennas = [(point.x, point.y) for point in site.read_points if point.antenna]
    away = np.hypot(*(spots[:, None, :] - np.array(antennas)).transpose(2, 1, 0))
    group = np.repeat(np.arange(away.size) + len(spots) * (len(site.read_points) - len(antennas)), 60)
    off = -rng.exponential(4.0, group.size) if fades else rng.normal(0.0, 4.0, group.size)
    level = np.repeat(-40.0 - 25.0 * np.log10(away.ravel()), 60) + off

    assert lean_of(Points(spots, group, level), site) in leans


def test_calibrate_tells_cells_apart_where_points_are_known(tmp_path: Path) -> None:
    """
    A walk test that says where the tag stood teaches cells: the tag is found within a metre and a half.
    """
    site = hall()
    rng, reads, truth = random.Random(3), ["time,reader,antenna,epc,rssi"], ["epc,from,to,zone,x,y"]
    spots = [(x + 0.5, y + 0.5) for x in range(1, 9) for y in range(1, 9)]
    for number, (x, y) in enumerate(spots):
        at = 1000 + 10 * number
        truth.append(f"AB,{at},{at + 10},hall,{x},{y}")
        for tick in range(40):
            ax, ay = CORNERS[tick % 4]
            dbm = -40 - 25 * math.log10(math.hypot(x - ax, y - ay, 2.0)) + rng.gauss(0, 1.5)
            reads.append(f"{at + tick / 4:.2f},r,{1 + tick % 4},AB,{dbm:.1f}")
    (tmp_path / "reads.csv").write_text("\n".join(reads) + "\n")
    (tmp_path / "truth.csv").write_text("\n".join(truth) + "\n")
    summary = calibrate(tmp_path / "reads.csv", tmp_path / "truth.csv", site, tmp_path / "c.json")
    replay(tmp_path / "reads.csv", site, tmp_path / "out", tmp_path / "c.json")
    error = score_folder(tmp_path / "out", tmp_path / "truth.csv")["position_error_m"]

    assert summary["cell_m"] == 1.0
    assert error["n"] == len(spots)
    assert error["mean"] < 1.5


def test_calibration_survives_its_file(tmp_path: Path) -> None:
    """
    What is read back is what was learned, and a damaged file or one of another plan is refused with what to do.
    """
    site = two_rooms()
    recorded(tmp_path, site, 1)
    calibrate(tmp_path / "reads.csv", tmp_path / "truth.csv", site, tmp_path / "c.json")
    kept = read_calibration(tmp_path / "c.json")

    assert kept.to_json() == Calibration.from_json(kept.to_json()).to_json()
    with pytest.raises(BadCalibration, match="of site 'rooms', not of 'other'"):
        Engine(replace(site, id="other"), kept)
    for table, row in (("hearing", "dbm"), ("sway", "cov"), ("sway", "noise")):
        body = kept.to_json() | {"sway": some_sway(site, 2).to_json()}
        body[table][row][0] = "loud"
        (tmp_path / "c.json").write_text(json.dumps(body))
        with pytest.raises(BadCalibration, match="damaged"):
            read_calibration(tmp_path / "c.json")


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("truth.csv", "epc,from,to,zone\nCD,1000,1100,left\n", "compare EPCs and times"),
        ("truth.csv", "epc,from,to,zone\nAB,1000,1100,attic\n", "truth.csv:2: zone 'attic' is not in the site file"),
        ("reads.csv", "time,reader,antenna,epc,rssi\n1000,q,1,AB,-50\n", "reads.csv:2: reader 'q' is not in"),
        ("reads.csv", "time,reader,antenna,epc,rssi\n1000,r,1,XY,-50\n", "is no hexadecimal number"),
        ("reads.csv", "time,reader,antenna,epc,rssi\nnoon,r,1,AB,-50\n", "is no time"),
        ("reads.csv", "time,reader,antenna,epc,rssi\n1000,r,1,AB,nan\n", "is no number"),
    ],
)
def test_calibrate_from_bad_tables(tmp_path: Path, file: str, text: str, said: str) -> None:
    """
    A table that makes no sense is refused with its line, from the command line with exit status 2.
    """
    site = two_rooms()
    recorded(tmp_path, site, 1)
    (tmp_path / file).write_text(text)
    paths = [str(tmp_path / name) for name in ("reads.csv", "truth.csv", "site.toml", "c.json")]

    with pytest.raises(BadTable, match=said):
        calibrate(tmp_path / "reads.csv", tmp_path / "truth.csv", site, tmp_path / "c.json")
    result = CliRunner().invoke(
        app, ["calibrate", paths[0], "--truth", paths[1], "--site", paths[2], "--out", paths[3]]
    )
    assert result.exit_code == 2
