"""A Site as the text of a site file; retired zones are left out, for a file says what is, not what was."""

import json
from dataclasses import fields
from typing import Any

from core.site import Antenna, Door, EngineParameters, Reader, Sensor, Site, Zone


def dump_site(site: Site) -> str:
    """Write TOML that loads to an equal Site."""
    head = {name: getattr(site, name) for name in ("id", "name", "timezone", "width_m", "height_m")}
    parts = [_table("[site]", head)]
    engine = {field.name: getattr(site.engine, field.name) for field in fields(EngineParameters)}
    parts.append(_table("[engine]", engine))
    parts += [_zone(zone) for zone in site.zones if not zone.retired]
    for reader in site.readers:
        parts.append(_reader(reader))
        parts += [_antenna(antenna) for antenna in reader.antennas]
    parts += [_door(door) for door in site.doors]
    parts += [_sensor(sensor) for sensor in site.sensors]
    return "\n".join(parts)


def _zone(zone: Zone) -> str:
    body: dict[str, Any] = {"id": zone.id, "name": zone.name, "kind": zone.kind.value, "polygon": zone.polygon}
    return _table("[[zone]]", body | {"capacity": zone.capacity, "missing_after_s": zone.missing_after_s})


def _reader(reader: Reader) -> str:
    body: dict[str, Any] = {"id": reader.id, "name": reader.name, "format": reader.format.value}
    optional = {"topics": reader.topics, "command_topic": reader.command_topic}
    body |= {key: value for key, value in optional.items() if value}
    body |= {"heartbeat_s": reader.heartbeat_s}
    return _table("[[reader]]", body | ({"mapping": reader.mapping} if reader.mapping else {}))


def _antenna(antenna: Antenna) -> str:
    names = ("port", "x", "y", "z", "zone", "facing_deg", "range_m")
    return _table("[[reader.antenna]]", {name: getattr(antenna, name) for name in names})


def _door(door: Door) -> str:
    eyes = [{name: getattr(eye, name) for name in ("reader", "inside_port", "outside_port")} for eye in door.photo_eyes]
    body: dict[str, Any] = {"id": door.id, "name": door.name, "zone": door.zone, "kind": door.kind}
    return _table("[[door]]", body | {"facing_deg": door.facing_deg} | ({"photo_eyes": eyes} if eyes else {}))


def _sensor(sensor: Sensor) -> str:
    return _table("[[sensor]]", {name: getattr(sensor, name) for name in ("id", "reader", "quantity", "x", "y")})


def _table(header: str, body: dict[str, Any]) -> str:
    lines = [f"{_key(key)} = {_value(value)}" for key, value in body.items() if value is not None]
    return "\n".join((header, *lines, ""))


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    # TOML's basic strings escape as JSON's do, but for the delete character.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else json.dumps(key, ensure_ascii=False)
