"""
The floor plan is written here as a site file, the way docs/site-file.md says.
"""

from collections.abc import Iterable

from firmware_sim.plan import AntennaPlan, DoorPlan, Plan, ReaderPlan, SensorPlan, ZonePlan


def site_toml(plan: Plan, site_id: str, *, missing_after_s: dict[str, float], reader_offline_after_s: float) -> str:
    """Write the plan as TOML. missing_after_s maps a zone kind, or a zone's id, to the patience there."""
    head = [
        "[site]",
        f'id = "{site_id}"',
        f'name = "{plan.name}"',
        f'timezone = "{plan.timezone}"',
        f"width_m = {plan.width_m}",
        f"height_m = {plan.height_m}",
        "",
        "[engine]",
        f"reader_offline_after_s = {reader_offline_after_s}",
    ]
    blocks: list[Iterable[str]] = [head]
    blocks += [_zone(zone, missing_after_s.get(zone.id, missing_after_s.get(zone.kind))) for zone in plan.zones]
    blocks += [_reader(reader) for reader in plan.readers]
    blocks += [_door(door) for door in plan.doors]
    blocks += [_sensor(sensor) for sensor in plan.sensors]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def topics_of(reader: ReaderPlan) -> tuple[str, ...]:
    """Give the topics on which a reader of another make publishes; a native reader's follow from its id."""
    if reader.firmware == "zebra":
        return (f"{reader.topic_root}/data", f"{reader.topic_root}/events")
    if reader.firmware == "impinj":
        return (f"{reader.topic_root}/events", f"{reader.topic_root}/will")
    return ()


def _zone(zone: ZonePlan, missing_after_s: float | None) -> list[str]:
    corners = [[zone.x0, zone.y0], [zone.x1, zone.y0], [zone.x1, zone.y1], [zone.x0, zone.y1]]
    lines = ["[[zone]]", f'id = "{zone.id}"', f'name = "{zone.name}"', f'kind = "{zone.kind}"', f"polygon = {corners}"]
    if zone.capacity is not None:
        lines.append(f"capacity = {zone.capacity}")
    if missing_after_s is not None:
        lines.append(f"missing_after_s = {missing_after_s}")
    return lines


def _reader(reader: ReaderPlan) -> list[str]:
    lines = ["[[reader]]", f'id = "{reader.id}"', f'name = "{reader.name}"', f'format = "{reader.firmware}"']
    topics = topics_of(reader)
    if topics:
        lines.append("topics = [" + ", ".join(f'"{topic}"' for topic in topics) + "]")
    if reader.firmware == "zebra":
        lines.append(f'command_topic = "{reader.topic_root}/ctrl/cmd"')
    lines.append(f"heartbeat_s = {reader.heartbeat_s}")
    for antenna in reader.antennas:
        lines += ["", *_antenna(antenna)]
    return lines


def _antenna(antenna: AntennaPlan) -> list[str]:
    lines = [
        "[[reader.antenna]]",
        f"port = {antenna.port}",
        f"x = {antenna.x}",
        f"y = {antenna.y}",
        f"z = {antenna.z}",
        f'zone = "{antenna.zone}"',
        f"range_m = {antenna.range_m}",
    ]
    if antenna.facing_deg is not None:
        lines.append(f"facing_deg = {antenna.facing_deg}")
    return lines


def _door(door: DoorPlan) -> list[str]:
    lines = ["[[door]]", f'id = "{door.id}"', f'name = "{door.name}"', f'zone = "{door.zone}"', f'kind = "{door.kind}"']
    if door.eyes_reader:
        lines.append(f'photo_eyes = [{{reader = "{door.eyes_reader}", inside_port = 1, outside_port = 2}}]')
    return lines


def _sensor(sensor: SensorPlan) -> list[str]:
    return [
        "[[sensor]]",
        f'id = "{sensor.id}"',
        f'reader = "{sensor.reader}"',
        f'quantity = "{sensor.quantity}"',
        f"x = {sensor.x}",
        f"y = {sensor.y}",
    ]
