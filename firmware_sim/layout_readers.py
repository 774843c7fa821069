"""
The demo warehouse's readers: which firmware hangs where, and how it is set.
"""

from firmware_sim.plan import AntennaPlan, Firmware, ReaderPlan, Style, ZonePlan

_DOORS: tuple[tuple[Firmware, Style], ...] = (
    ("zebra", "INVENTORY"),
    ("zebra", "PORTAL"),
    ("zebra", "DIRECTIONALITY"),
    ("zebra", "CUSTOM"),
    ("impinj", "events"),
    ("native", "rows"),
)
_AISLE_STYLES: tuple[Style, ...] = ("binary", "columns", "rows", "binary", "columns", "binary", "rows", "binary")


def readers(zones: tuple[ZonePlan, ...]) -> tuple[ReaderPlan, ...]:
    """Hang readers over these zones."""
    by_id = {zone.id: zone for zone in zones}
    return (
        *(_door(n, firmware, style, by_id) for n, (firmware, style) in enumerate(_DOORS, start=1)),
        _exit(by_id["exit-staff"]),
        _reader("recv-1", "Receiving 1", "native", "columns", _row(by_id["receiving-1"], 4)),
        _reader("recv-2", "Receiving 2", "native", "binary", _row(by_id["receiving-2"], 4)),
        _reader("stage-1", "Staging 1", "zebra", "INVENTORY", _row(by_id["staging-1"], 2)),
        _reader("stage-2", "Staging 2", "zebra", "INVENTORY", _row(by_id["staging-2"], 2)),
        _reader("stage-3", "Staging 3", "native", "rows", _row(by_id["staging-3"], 2)),
        _reader("pick-1", "Picking 1", "native", "columns", _row(by_id["picking-1"], 4)),
        _reader("pick-2", "Picking 2", "native", "binary", _row(by_id["picking-2"], 4)),
        _reader("pack-1", "Packing 1", "native", "binary", _row(by_id["packing-1"], 4)),
        _reader("pack-2", "Packing 2", "native", "rows", _row(by_id["packing-2"], 4)),
        _conveyor(by_id["packing-1"]),
        *_aisles(by_id),
        _reader("returns-1", "Returns", "zebra", "CUSTOM", _row(by_id["returns"], 1)),
        _reader("returns-2", "Returns desk", "zebra", "SIMPLE", _row(by_id["returns"], 1)),
        _reader("quarantine-1", "Quarantine", "native", "columns", _row(by_id["quarantine"], 2)),
        _reader("cage-1", "Cage", "native", "rows", _row(by_id["cage"], 2)),
        _reader("office-1", "Office", "impinj", "events", _row(by_id["office"], 1), rounds_per_s=40.0),
        ReaderPlan(id="env-1", name="Sensor gateway", firmware="native", style="rows"),
    )


def _reader(
    reader_id: str,
    name: str,
    firmware: Firmware,
    style: Style,
    antennas: tuple[AntennaPlan, ...],
    *,
    rounds_per_s: float = 400.0,
) -> ReaderPlan:
    slash = "/" if reader_id == "stage-2" else ""  # some operators' topics begin with one
    return ReaderPlan(
        id=reader_id,
        name=name,
        firmware=firmware,
        style=style,
        antennas=antennas,
        rounds_per_s=rounds_per_s,
        fold_s=0.3 if firmware == "zebra" else 0.1,
        newer=reader_id in {"stage-2", "returns-1"},
        topic_root="" if firmware == "native" else f"{slash}{firmware}/{reader_id}",
    )


def _row(zone: ZonePlan, count: int) -> tuple[AntennaPlan, ...]:
    """Hang antennas evenly along the middle of a zone, left to right."""
    width = (zone.x1 - zone.x0) / count
    y = zone.middle[1]
    return tuple(AntennaPlan(port=i + 1, x=zone.x0 + width * (i + 0.5), y=y, zone=zone.id) for i in range(count))


def _column(zone: ZonePlan, count: int, first_port: int) -> tuple[AntennaPlan, ...]:
    """Hang antennas evenly along an aisle."""
    step = (zone.y1 - zone.y0) / count
    return tuple(
        AntennaPlan(port=first_port + i, x=zone.middle[0], y=zone.y0 + step * (i + 0.5), zone=zone.id)
        for i in range(count)
    )


def _aisles(by_id: dict[str, ZonePlan]) -> list[ReaderPlan]:
    """One reader of eight ports for two neighbouring aisles, four antennas over each."""
    pairs = [(row, pair) for row in (1, 2) for pair in ("ab", "cd", "ef", "gh")]
    return [
        _reader(
            f"aisle-{row}{pair}",
            f"Aisles {row}{pair[0].upper()} and {row}{pair[1].upper()}",
            "native",
            style,
            (*_column(by_id[f"aisle-{row}{pair[0]}"], 4, 1), *_column(by_id[f"aisle-{row}{pair[1]}"], 4, 5)),
            rounds_per_s=700.0,
        )
        for (row, pair), style in zip(pairs, _AISLE_STYLES, strict=True)
    ]


def _door(n: int, firmware: Firmware, style: Style, by_id: dict[str, ZonePlan]) -> ReaderPlan:
    """Two posts, each with an antenna inside and one outside, turned across the way through."""
    zone = by_id[f"dock-door-{n}"]
    left, right = zone.x0 + 0.5, zone.x1 - 0.5
    places = ((left, 3.2, 0.0), (right, 3.2, 180.0), (left, 0.6, 0.0), (right, 0.6, 180.0))
    return ReaderPlan(
        id=f"dock-{n}",
        name=f"Dock door {n}",
        firmware=firmware,
        style=style,
        antennas=tuple(
            AntennaPlan(port=i, x=x, y=y, z=2.0, zone=zone.id, range_m=6.0, facing_deg=facing, back_off_db=5.0)
            for i, (x, y, facing) in enumerate(places, start=1)
        ),
        rounds_per_s=80.0 if firmware != "impinj" else 40.0,  # each of its reads is a message
        newcomers_per_s=250.0 if firmware != "impinj" else 120.0,
        fold_s=0.2 if firmware == "zebra" else 0.1,
        newer=n == 4,  # noqa: PLR2004
        topic_root="" if firmware == "native" else f"{firmware}/dock-{n}",
    )


def _exit(zone: ZonePlan) -> ReaderPlan:
    """Two antennas before the staff exit and two at it."""
    places = ((77.0, 8.5, 270.0), (77.0, 4.5, 90.0), (79.5, 8.5, 270.0), (79.5, 4.5, 90.0))
    return ReaderPlan(
        id="exit-gate",
        name="Staff exit",
        firmware="impinj",
        style="events",
        antennas=tuple(
            AntennaPlan(port=i, x=x, y=y, z=2.0, zone=zone.id, range_m=6.0, facing_deg=facing, back_off_db=5.0)
            for i, (x, y, facing) in enumerate(places, start=1)
        ),
        rounds_per_s=40.0,
        newcomers_per_s=120.0,
        topic_root="impinj/exit-gate",
    )


def _conveyor(zone: ZonePlan) -> ReaderPlan:
    """A short-range reader over the packing belt."""
    antennas = tuple(
        AntennaPlan(port=i, x=x, y=19.0, z=2.5, zone=zone.id, range_m=4.0, back_off_db=9.0)
        for i, x in enumerate((38.0, 46.0), start=1)
    )
    return _reader("pack-belt", "Packing belt", "zebra", "CONVEYOR", antennas, rounds_per_s=100.0)
