"""
Site plans come and go here. A zone or read point once numbered keeps its number; what leaves the plan is retired.
"""

from dataclasses import asdict, fields, replace
from typing import Any, Final

from psycopg.types.json import Jsonb

from core.errors import TallyportError
from core.site import (
    Antenna,
    Door,
    EngineParameters,
    PhotoEye,
    Reader,
    ReaderFormat,
    Sensor,
    Site,
    Zone,
    ZoneKind,
)
from core.store.connection import Connection
from core.store.queries import QUERIES

_ENGINE_NAMES: Final = frozenset(field.name for field in fields(EngineParameters))


class UnknownSite(TallyportError):
    """The database has no site of this id."""

    def __init__(self, site: str) -> None:
        super().__init__(f"no site {site!r} in the database: import its plan with `tallyport site import FILE`")
        self.site = site


async def load_site(conn: Connection, site_id: str) -> Site:
    """Read a plan as it stands, retired zones and numbers included. Raises UnknownSite."""
    cursor = await conn.execute(QUERIES["site"], {"id": site_id})
    row = await cursor.fetchone()
    if row is None:
        raise UnknownSite(site_id)
    row_id, name, timezone, width_m, height_m, engine = row
    points = await _rows(conn, "site_read_points", row_id)
    return Site(
        id=site_id,
        name=name,
        timezone=timezone,
        width_m=width_m,
        height_m=height_m,
        zones=tuple(_zone(zone) for zone in await _rows(conn, "site_zones", row_id)),
        readers=tuple(_reader(reader, points) for reader in await _rows(conn, "site_readers", row_id)),
        doors=tuple(_door(door) for door in await _rows(conn, "site_doors", row_id)),
        sensors=tuple(Sensor(**sensor) for sensor in await _rows(conn, "site_sensors", row_id)),
        engine=EngineParameters(**{k: v for k, v in engine.items() if k in _ENGINE_NAMES}),
        read_point_order=tuple((point["reader"], point["antenna"]) for point in points),
    )


async def save_site(conn: Connection, plan: Site) -> Site:
    """
    Bring the stored plan to this one, in the caller's transaction; the plan with the numbers it now has.

    A plan that changes nothing leaves the version as it is.
    """
    params = {
        "id": plan.id,
        "name": plan.name,
        "timezone": plan.timezone,
        "width_m": plan.width_m,
        "height_m": plan.height_m,
        "engine": Jsonb(asdict(plan.engine)),
    }
    await conn.execute(QUERIES["insert_site"], params)
    await conn.execute(QUERIES["lock_site"], {"id": plan.id})  # two imports of one plan take turns
    stored = await load_site(conn, plan.id)
    merged = merge(stored, plan)
    if merged == stored:
        return stored
    cursor = await conn.execute(QUERIES["update_site"], params)
    row = await cursor.fetchone()
    assert row is not None
    await _write_plan(conn, row[0], merged)
    return merged


def merge(stored: Site, plan: Site) -> Site:
    """The plan in the stored numbering: known zones and read points first, in their order, then the new ones."""
    planned = {zone.id: zone for zone in plan.zones}
    known = [planned.get(zone.id) or replace(zone, retired=True) for zone in stored.zones]
    new = [zone for zone in plan.zones if zone.id not in stored.zone_index]
    order = tuple(
        (point.reader, point.antenna) for point in replace(plan, read_point_order=stored.read_point_order).read_points
    )
    return replace(plan, zones=(*known, *new), read_point_order=order)


async def _write_plan(conn: Connection, row_id: int, plan: Site) -> None:
    for number, zone in enumerate(plan.zones):
        values = {**asdict(zone), "kind": zone.kind.value, "polygon": Jsonb(zone.polygon)}
        await conn.execute(QUERIES["upsert_zone"], {**values, "site_id": row_id, "zone_no": number})
    for reader in plan.readers:
        await conn.execute(QUERIES["upsert_reader"], {**_reader_params(reader), "site_id": row_id})
    await conn.execute(QUERIES["retire_readers"], {"site_id": row_id, "ids": [r.id for r in plan.readers]})
    await _write_read_points(conn, row_id, plan)
    await conn.execute(QUERIES["delete_doors"], {"site_id": row_id})
    for number, door in enumerate(plan.doors):
        values = {**asdict(door), "photo_eyes": Jsonb([asdict(eye) for eye in door.photo_eyes])}
        await conn.execute(QUERIES["insert_door"], {**values, "site_id": row_id, "door_no": number})
    await conn.execute(QUERIES["delete_sensors"], {"site_id": row_id})
    for number, sensor in enumerate(plan.sensors):
        await conn.execute(QUERIES["insert_sensor"], {**asdict(sensor), "site_id": row_id, "sensor_no": number})


def _reader_params(reader: Reader) -> dict[str, Any]:
    return {
        "id": reader.id,
        "name": reader.name,
        "format": reader.format.value,
        "topics": list(reader.topics),
        "command_topic": reader.command_topic,
        "heartbeat_s": reader.heartbeat_s,
        "mapping": Jsonb(reader.mapping),
    }


async def _write_read_points(conn: Connection, row_id: int, plan: Site) -> None:
    """Number the read points. One that has left the plan keeps its last place and is marked."""
    antennas = {(r.id, a.port): a for r in plan.readers for a in r.antennas}
    present = {r.id for r in plan.readers}
    for point in plan.read_points:
        antenna = antennas.get((point.reader, point.antenna))
        if antenna is None and (point.antenna != 0 or point.reader not in present):
            await conn.execute(QUERIES["retire_read_point"], {"site_id": row_id, "read_point_no": point.index})
            continue
        zone = antenna.zone if antenna else plan.zones[point.zone].id if point.zone >= 0 else ""
        values = {**asdict(point), "zone": zone, "site_id": row_id, "read_point_no": point.index}
        await conn.execute(QUERIES["upsert_read_point"], values)


async def _rows(conn: Connection, name: str, row_id: int) -> list[dict[str, Any]]:
    cursor = await conn.execute(QUERIES[name], {"site_id": row_id})
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


def _zone(row: dict[str, Any]) -> Zone:
    polygon = tuple((float(x), float(y)) for x, y in row["polygon"])
    return Zone(**{**row, "kind": ZoneKind(row["kind"]), "polygon": polygon})


def _reader(row: dict[str, Any], points: list[dict[str, Any]]) -> Reader:
    names = ("x", "y", "z", "zone", "facing_deg", "range_m")
    antennas = tuple(
        Antenna(port=point["antenna"], **{name: point[name] for name in names})
        for point in points
        if point["reader"] == row["id"] and point["antenna"] != 0 and not point["retired"]
    )
    return Reader(
        **{**row, "format": ReaderFormat(row["format"]), "topics": tuple(row["topics"]), "antennas": antennas}
    )


def _door(row: dict[str, Any]) -> Door:
    return Door(**{**row, "photo_eyes": tuple(PhotoEye(**eye) for eye in row["photo_eyes"])})
