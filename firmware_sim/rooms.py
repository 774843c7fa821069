"""
The two small rooms: a tag carried about in one square after another, and runs through a dock door.
"""

import itertools
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from firmware_sim.epcs import sgtin, to_hex
from firmware_sim.plan import AntennaPlan, DoorPlan, Plan, ReaderPlan, ZonePlan
from firmware_sim.recording import Heard, Recording, TruthRow, joined_heard
from firmware_sim.room_radio import ANTENNA_Z_M, BEYOND_M, CORNERS_M, SIDE_M, RoomRadio, RoomTag, some_tag
from firmware_sim.site_file import site_toml
from firmware_sim.walks import SAMPLE_S, Box, Pace, Walk, roaming, standing, walk_along

QUADRANTS_S: Final = 5_370.0
"""179 pieces of 30 s, as in the published figures."""
PIECE_S: Final = 30.0
RUNS: Final = {"static": 64, "milling": 175, "through": 64}
RUN_S: Final = (6.0, 14.0)
RUN_SLOTS_PER_S: Final = (8.0, 27.0)
"""How often a second the tag is asked differs from run to run, as other tags take the reader's time."""
GAP_S: Final = 4.0
"""Between one run and the next; SAME_EPC_GAP_S where it is one tag that comes again and again."""
SAME_EPC_GAP_S: Final = 30.0
CARRYING: Final = Pace(speed_m_s=0.26)
MILLING: Final = Pace(speed_m_s=0.9)
MILLED_M: Final = 1.2
"""Who mills about does so within a square of this side."""
TURNED_SHARE: Final = 0.2
"""So many of those who carry a tag through turn round on the way, as one does who pulls a truck."""
_ENDS_M: Final = 0.2
"""Runs through the door begin and end this far inside the room, as the published ones did in theirs."""
_LANES_M: Final = 1.4
"""And no nearer than this to the walls beside them."""
_QUADRANTS: Final = ("south-west", "south-east", "north-west", "north-east")
_SIZE_M: Final = round(SIDE_M + 2 * BEYOND_M, 3)
_DOCK: Final = Box(x0=4.1, y0=0.0, x1=round(4.1 + _SIZE_M, 3), y1=_SIZE_M)
"""The dock room with its antennas: its lower edge is the building's."""
_DOCK_WIDTH_M, _DOCK_HEIGHT_M = 14.0, 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomConfig:
    """What to record in a room: `seed` decides who moves how, `room` what the room itself is like."""

    seed: int = 7
    room: int = 1
    for_s: float | None = None
    piece_s: float = PIECE_S
    same_epc: bool = False


def record_quadrants(config: RoomConfig) -> Recording:
    """A single tag carried about within one square for a piece of time, then at once in another."""
    rng = np.random.default_rng([config.seed, 11, config.room])
    radio = RoomRadio(config.room, config.seed)
    low = BEYOND_M
    edges = [round(low + part * SIDE_M, 3) for part in (0.0, 0.5, 1.0)]
    cuts = list(itertools.pairwise(edges))
    boxes = [Box(x0=x0, y0=y0, x1=x1, y1=y1) for y0, y1 in cuts for x0, x1 in cuts]
    pieces = max(round((config.for_s or QUADRANTS_S) / config.piece_s), 1)
    epc, tag = (
        _epc(0),
        some_tag(0, np.random.default_rng([config.room, 13])),
    )  # a room has its tag, as it has its shadows
    lots: list[Heard] = []
    truth: list[TruthRow] = []
    square = int(rng.integers(4))
    for no in range(pieces):
        begin_us = round(no * config.piece_s * 1e6)
        walk = roaming(boxes[square], config.piece_s, CARRYING, rng)
        lots.append(_later(radio.hear(walk, _held_anew(tag, rng), (low, low), rng), begin_us))
        x, y = _place(walk)
        end_us = begin_us + round(config.piece_s * 1e6)
        truth.append(TruthRow(epc=epc, from_us=begin_us, to_us=end_us, zone=_QUADRANTS[square], x=x, y=y))
        square = (square + 1 + int(rng.integers(3))) % 4
    return _recording(_quadrants_plan(boxes), [epc], lots, truth)


def record_door_runs(config: RoomConfig) -> Recording:
    """Runs of one tag each at a dock door: it stands there, is carried about inside, or is carried through."""
    rng = np.random.default_rng([config.seed, 12, config.room])
    radio = RoomRadio(config.room, config.seed)
    epcs: list[str] = []
    lots: list[Heard] = []
    truth: list[TruthRow] = []
    at_s = 1.0
    kinds = np.repeat(list(RUNS), list(RUNS.values()))
    end_s = config.for_s if config.for_s is not None else np.inf
    tag = some_tag(0, rng)
    for no, kind in enumerate(_kinds(kinds, config.for_s, rng)):
        walk, direction = _run(kind, rng)
        length_s = float(walk.t_s[-1]) + SAMPLE_S
        if at_s + length_s > end_s:
            break
        if not (config.same_epc and epcs):
            epcs.append(_epc(no))
            tag = some_tag(len(epcs) - 1, rng)
        begin_us = round(at_s * 1e6)
        origin, slots_per_s = (_DOCK.x0 + BEYOND_M, _DOCK.y0 + BEYOND_M), float(rng.uniform(*RUN_SLOTS_PER_S))
        lots.append(_later(radio.hear(walk, _held_anew(tag, rng), origin, rng, slots_per_s), begin_us))
        row = TruthRow(epc=epcs[-1], from_us=begin_us, to_us=begin_us + round(length_s * 1e6), zone="dock")
        x, y = _place(walk)
        truth.append(replace(row, x=x, y=y, door="dock-door", verdict=kind, direction=direction))
        at_s += length_s + (SAME_EPC_GAP_S if config.same_epc else GAP_S)
    return _recording(_dock_plan(), epcs, lots, truth)


def _kinds(kinds: np.ndarray, for_s: float | None, rng: np.random.Generator) -> list[str]:
    """The published set's runs in some order; where that is not enough for the time asked for, again and again."""
    times = 1 if for_s is None else int(for_s / (len(kinds) * RUN_S[0])) + 1
    return [str(kind) for _ in range(times) for kind in rng.permutation(kinds)]


def _run(kind: str, rng: np.random.Generator) -> tuple[Walk, str]:
    """One run, in the site's metres, and its direction."""
    low_x, low_y = _DOCK.x0 + BEYOND_M, _DOCK.y0 + BEYOND_M
    box = Box(x0=low_x, y0=low_y, x1=low_x + SIDE_M, y1=low_y + SIDE_M)
    for_s = float(rng.uniform(*RUN_S))
    if kind == "static":
        return standing(box, for_s, rng), "none"
    if kind == "milling":
        x, y = box.point(rng, MILLED_M / 2)
        about = Box(x0=x - MILLED_M / 2, y0=y - MILLED_M / 2, x1=x + MILLED_M / 2, y1=y + MILLED_M / 2)
        return roaming(about, for_s, MILLING, rng), "none"
    return _through(box, rng)


def _through(box: Box, rng: np.random.Generator) -> tuple[Walk, str]:
    """Carry a tag through, fast or slowly, in or out."""
    low, high = RUN_S
    for_s = float(rng.uniform(low, low + 2.0) if rng.random() < 0.5 else rng.uniform(high - 4.0, high))  # noqa: PLR2004
    direction = "in" if rng.random() < 0.5 else "out"  # noqa: PLR2004
    ends = (_DOCK.y0 + _ENDS_M, _DOCK.y1 - _ENDS_M)
    first, last = ends if direction == "in" else ends[::-1]
    x = rng.uniform(box.x0 + _LANES_M, box.x1 - _LANES_M) + rng.normal(0.0, 0.2, 3)
    times = np.array([0.0, for_s * rng.uniform(0.4, 0.6), for_s])
    walk = walk_along(times, np.column_stack((x, np.linspace(first, last, 3))), for_s, rng)
    return (_turned_round(walk, rng) if rng.random() < TURNED_SHARE else walk), direction


def _turned_round(walk: Walk, rng: np.random.Generator) -> Walk:
    """Somebody pulls a truck through a door backwards, and turns round on the way; or the other way about."""
    half_turn = np.pi / (1.0 + np.exp(-(walk.t_s - rng.uniform(0.35, 0.65) * walk.t_s[-1]) / 0.3))
    return replace(walk, heading=walk.heading + half_turn + (np.pi if rng.random() < 0.5 else 0.0))  # noqa: PLR2004


def _held_anew(tag: RoomTag, rng: np.random.Generator) -> RoomTag:
    """The same tag in another hand."""
    anew = some_tag(tag.no, rng)
    return replace(tag, held_rad=anew.held_rad, tilt_rad=anew.tilt_rad)


def _place(walk: Walk) -> tuple[float, float]:
    return float(walk.x.mean()), float(walk.y.mean())


def _later(heard: Heard, by_us: int) -> Heard:
    return replace(heard, seen_us=heard.seen_us + by_us)


def _epc(no: int) -> str:
    hi, lo = sgtin(no % 7, np.array([1_000 + no], np.uint64), case=True)
    return to_hex(int(hi[0]), int(lo[0]))


def _recording(plan: Plan, epcs: list[str], lots: list[Heard], truth: list[TruthRow]) -> Recording:
    return Recording(
        site_toml=site_toml(plan, "room", missing_after_s={}, reader_offline_after_s=60.0),
        readers=[reader.id for reader in plan.readers],
        epcs=epcs,
        heard=joined_heard(lots),
        truth=truth,
    )


def _quadrants_plan(boxes: list[Box]) -> Plan:
    zones = tuple(_zone(name, "picking", box) for name, box in zip(_QUADRANTS, boxes, strict=True))
    return _plan("Four squares", (_SIZE_M, _SIZE_M), zones, _reader((BEYOND_M, BEYOND_M), _QUADRANTS), ())


def _dock_plan() -> Plan:
    hall = Box(x0=0.0, y0=_SIZE_M, x1=_DOCK_WIDTH_M, y1=_DOCK_HEIGHT_M)
    zones = (_zone("dock", "dock_door", _DOCK), _zone("hall", "staging", hall))
    middle = (_DOCK.x0 + _DOCK.x1) / 2
    door = DoorPlan(id="dock-door", name="Dock door", zone="dock", kind="dock", outside=(middle, -1.0))
    reader = _reader((_DOCK.x0 + BEYOND_M, _DOCK.y0 + BEYOND_M), ("dock",) * 4)
    return _plan("Dock", (_DOCK_WIDTH_M, _DOCK_HEIGHT_M), zones, reader, (door,))


def _zone(zone_id: str, kind: str, box: Box) -> ZonePlan:
    name = zone_id.replace("-", " ").capitalize()
    return ZonePlan(id=zone_id, name=name, kind=kind, x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y1, lanes=())


def _reader(origin: tuple[float, float], zones: tuple[str, ...]) -> ReaderPlan:
    """One reader, an antenna in each corner, turned to the middle."""
    return ReaderPlan(
        id="room-1",
        name="Room reader",
        firmware="native",
        style="rows",
        antennas=tuple(
            AntennaPlan(
                port=port,
                x=round(origin[0] + x, 3),
                y=round(origin[1] + y, 3),
                z=ANTENNA_Z_M,
                zone=zone,
                facing_deg=facing,
            )
            for port, ((x, y), zone, facing) in enumerate(
                zip(CORNERS_M, zones, (45.0, 135.0, 315.0, 225.0), strict=True), start=1
            )
        ),
    )


def _plan(
    name: str,
    size_m: tuple[float, float],
    zones: tuple[ZonePlan, ...],
    reader: ReaderPlan,
    doors: tuple[DoorPlan, ...],
) -> Plan:
    return Plan(
        name=name,
        timezone="Europe/Berlin",
        width_m=size_m[0],
        height_m=size_m[1],
        zones=zones,
        readers=(reader,),
        doors=doors,
        sensors=(),
        walls=(),
        crossings=(),
    )


ROOMS: Final = {"quadrants": record_quadrants, "door-runs": record_door_runs}
