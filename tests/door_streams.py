"""
A warehouse with two doors, and tags that stand at them, mill about there, or go through.
"""

from typing import Final

import numpy as np

from core.engine.records import EVIDENCE, Records
from core.engine.records_passage import EYE, WORD
from core.site import Antenna, Door, PhotoEye, Reader, Site, Zone, ZoneKind
from tests.streams import SECOND_US, START_US

Random = np.random.Generator
STEP_US: Final = 70_000
OUT_M: Final = 3.0


def door_site(facing_deg: float | None = None) -> Site:
    """A hall with a door to the south, four antennas around it and light beams, and one to the east with two."""
    hall = Zone(id="hall", name="Hall", kind=ZoneKind.STAGING, polygon=((0, 6), (20, 6), (20, 20), (0, 20)))
    south = Zone(id="south", name="South", kind=ZoneKind.DOCK_DOOR, polygon=((5, 0), (10, 0), (10, 5), (5, 5)))
    east = Zone(id="east", name="East", kind=ZoneKind.EXIT, polygon=((20, 10), (24, 10), (24, 14), (20, 14)))
    corners = [(5.0, 0.0), (10.0, 0.0), (5.0, 5.0), (10.0, 5.0)]
    gate = tuple(Antenna(port=i, x=x, y=y, zone="south") for i, (x, y) in enumerate(corners, start=1))
    pair = tuple(Antenna(port=i, x=x, y=12.0, zone="east") for i, x in enumerate((20.5, 23.5), start=1))
    return Site(
        id="doors",
        name="Two doors",
        timezone="UTC",
        width_m=24.0,
        height_m=20.0,
        zones=(hall, south, east),
        readers=(
            Reader(id="gate", name="Gate", antennas=gate),
            Reader(id="pair", name="Pair", antennas=pair),
            Reader(id="hall", name="Hall", antennas=(Antenna(port=1, x=10.0, y=12.0, zone="hall"),)),
        ),
        doors=(
            Door(
                id="south",
                name="South",
                zone="south",
                photo_eyes=(PhotoEye(reader="gate", inside_port=1, outside_port=2),),
                facing_deg=facing_deg,
            ),
            Door(id="east", name="East", zone="east", kind="exit"),
        ),
    )


def run_of(rng: Random, kind: str, tag: int = 0, at_us: int = START_US, for_s: float = 8.0) -> Records:
    """
    One tag at the southern door, EVIDENCE[n] in order of time, read by its antennas in turn.

    kind  static, milling, out, in
    """
    n = int(for_s * SECOND_US) // STEP_US
    t = np.linspace(0.0, 1.0, n)
    x = np.full(n, 7.5 + rng.uniform(-1.0, 1.0))
    if kind in ("out", "in"):
        y = 2.5 + (0.5 - t) * 2 * OUT_M * (1 if kind == "out" else -1)
    elif kind == "milling":
        y, x = 2.0 + np.sin(9.0 * t + rng.uniform(0, 6)), x + 1.2 * np.cos(11.0 * t)
    else:
        y = np.full(n, rng.uniform(0.5, 4.5))
    antenna = np.arange(n) % 4
    place = np.array([(5.0, 0.0), (10.0, 0.0), (5.0, 5.0), (10.0, 5.0)])[antenna]
    away = np.hypot(np.hypot(x - place[:, 0], y - place[:, 1]), 1.0)
    rows = np.zeros(n, EVIDENCE)
    rows["seen_us"] = rows["raw_us"] = at_us + np.arange(n) * STEP_US
    rows["tag"], rows["read_point"] = tag, 1 + antenna
    rows["rssi_dbm"] = np.round(-52.0 - 22.0 * np.log10(away) + rng.normal(0.0, 1.5, n))
    return rows


def joined(*parts: Records) -> Records:
    """All of it in order of time."""
    rows: Records = np.concatenate([np.asarray(part, EVIDENCE) for part in parts])
    aligned = np.zeros(rows.size, EVIDENCE)
    aligned[:] = rows[np.argsort(rows["seen_us"], kind="stable")]
    return aligned


def word_at(at_us: int, tag: int, way: int) -> Records:
    """A reader's own word on a tag's way, EVIDENCE[1]."""
    rows = np.zeros(1, EVIDENCE)
    rows["seen_us"], rows["kind"], rows["tag"], rows["rssi_dbm"], rows["read_point"] = at_us, WORD, tag, way, 1
    return rows


def beam_at(at_us: int, outside: int) -> Records:
    """A broken beam of the southern door, EVIDENCE[1]."""
    rows = np.zeros(1, EVIDENCE)
    rows["seen_us"], rows["kind"], rows["tag"] = at_us, EYE, outside
    return rows
