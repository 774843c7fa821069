"""Whether a site makes sense: what the types of its values cannot say."""

from collections.abc import Iterable
from itertools import combinations
from typing import Final
from zoneinfo import ZoneInfo

from shapely import Point, Polygon, box

from core.site import PORTALS, Door, Reader, ReaderFormat, Site
from core.site_lines import Path
from core.site_table import Problems, did_you_mean

TOLERANCE_M: Final = 0.01
ANTENNA_AWAY_M_MAX: Final = 5.0
CORNERS_MIN: Final = 3
TAKES_MAPPING: Final = (ReaderFormat.MAPPED, ReaderFormat.IMPINJ)


def check_site(site: Site, problems: Problems) -> None:
    """Note everything about a site that cannot be."""
    _check_timezone(site, problems)
    _check_ids(site, problems)
    shapes = _check_shapes(site, problems)
    _check_overlaps(site, shapes, problems)
    for i, reader in enumerate(site.readers):
        _check_format(reader, i, problems)
        _check_antennas(site, reader, i, shapes, problems)
    _check_topics(site, problems)
    _check_doors(site, problems)
    _check_sensors(site, problems)


def _check_timezone(site: Site, problems: Problems) -> None:
    try:
        ZoneInfo(site.timezone)
    except (ValueError, OSError, KeyError):
        what = f"timezone {site.timezone!r} is not known; write an IANA name such as 'Europe/Berlin'"
        problems.add(("site", "timezone"), what)


def _check_ids(site: Site, problems: Problems) -> None:
    ids = {
        "zone": [zone.id for zone in site.zones],
        "reader": [reader.id for reader in site.readers],
        "door": [door.id for door in site.doors],
        "sensor": [sensor.id for sensor in site.sensors],
    }
    for table, names in ids.items():
        for i in _repeated(names):
            problems.add((table, i, "id"), f"{table} id {names[i]!r} is used twice; each must be its own")


def _check_shapes(site: Site, problems: Problems) -> dict[int, Polygon]:
    """Give the polygons that are right, by index of zone."""
    floor = box(0.0, 0.0, site.width_m, site.height_m).buffer(TOLERANCE_M)
    has_plan = not problems.any_at(("site", "width_m"), ("site", "height_m"))
    shapes: dict[int, Polygon] = {}
    for i, zone in enumerate(site.zones):
        at: Path = ("zone", i, "polygon")
        if len(set(zone.polygon)) < CORNERS_MIN:
            problems.add(at, f'zone "{zone.id}" needs at least three corners')
            continue
        shape = Polygon(zone.polygon)
        if not shape.is_valid or shape.area <= TOLERANCE_M**2:
            problems.add(at, f'zone "{zone.id}" has a polygon that crosses itself: list its corners in order')
            continue
        shapes[i] = shape
        if has_plan and not floor.covers(shape):
            plan = f"{site.width_m:g} x {site.height_m:g} m"
            problems.add(at, f'zone "{zone.id}" reaches beyond the plan of {plan}: move its corners, or grow the plan')
    return shapes


def _check_overlaps(site: Site, shapes: dict[int, Polygon], problems: Problems) -> None:
    for (i, one), (j, other) in combinations(shapes.items(), 2):
        shared = one.intersection(other).buffer(-TOLERANCE_M / 2)
        if not shared.is_empty:
            x, y = shared.representative_point().coords[0]
            pair = f'zone "{site.zones[j].id}" overlaps zone "{site.zones[i].id}"'
            problems.add(("zone", j, "polygon"), f"{pair} near ({x:.1f}, {y:.1f}): move a corner of one")


def _check_format(reader: Reader, i: int, problems: Problems) -> None:
    is_mapped, is_native = reader.format is ReaderFormat.MAPPED, reader.format is ReaderFormat.NATIVE
    if is_native and reader.topics:
        what = f'reader "{reader.id}" is native, so its topics follow from its id: leave topics out'
        problems.add(("reader", i, "topics"), what)
    if not is_native and not reader.topics and not problems.any_at(("reader", i, "topics")):
        what = f'reader "{reader.id}" is {reader.format.value} and needs topics: write those it publishes to'
        problems.add(("reader", i), what)
    if is_mapped and not reader.mapping:
        problems.add(("reader", i, "mapping"), f'reader "{reader.id}" needs a mapping (docs/wire.md)')
    elif reader.mapping and reader.format not in TAKES_MAPPING:
        what = "has a mapping, which only the formats 'mapped' and 'impinj' use"
        problems.add(("reader", i, "mapping"), f'reader "{reader.id}" {what}')
    for topic in (*reader.topics, reader.command_topic):
        if "+" in topic or "#" in topic:
            what = f'reader "{reader.id}" has topic {topic!r} with a wildcard: write each topic out'
            problems.add(("reader", i, "topics" if topic in reader.topics else "command_topic"), what)


def _check_antennas(site: Site, reader: Reader, i: int, shapes: dict[int, Polygon], problems: Problems) -> None:
    for k in _repeated(antenna.port for antenna in reader.antennas):
        port = reader.antennas[k].port
        problems.add(("reader", i, "antenna", k, "port"), f'reader "{reader.id}" has two antennas on port {port}')
    for k, antenna in enumerate(reader.antennas):
        at: Path = ("reader", i, "antenna", k, "zone")
        who = f'antenna {antenna.port} of reader "{reader.id}"'
        zone = site.zone_index.get(antenna.zone)
        if zone is None:
            problems.add(at, f"{who} is in zone {antenna.zone!r}, which is not there{_near_zone(antenna.zone, site)}")
        elif zone in shapes and (away_m := shapes[zone].distance(Point(antenna.x, antenna.y))) > ANTENNA_AWAY_M_MAX:
            what = f"{who} stands {away_m:.1f} m from its zone {antenna.zone!r}; at most {ANTENNA_AWAY_M_MAX:g} m"
            problems.add(at, f"{what}: put x and y right, or name the zone it stands in")


def _check_topics(site: Site, problems: Problems) -> None:
    owner: dict[str, str] = {}
    for i, reader in enumerate(site.readers):
        for topic in reader.topics:
            if topic in owner:
                what = f'reader "{reader.id}" has topic {topic!r}, which reader "{owner[topic]}" has already'
                problems.add(("reader", i, "topics"), what)
            owner.setdefault(topic, reader.id)


def _check_doors(site: Site, problems: Problems) -> None:
    for i, door in enumerate(site.doors):
        at: Path = ("door", i, "zone")
        zone = site.zone_index.get(door.zone)
        if zone is None:
            problems.add(
                at, f'door "{door.id}" is in zone {door.zone!r}, which is not there{_near_zone(door.zone, site)}'
            )
        elif site.zones[zone].kind not in PORTALS:
            kind = site.zones[zone].kind.value
            problems.add(at, f'door "{door.id}" is in zone {door.zone!r} of kind {kind}: it must be dock_door or exit')
        _check_photo_eyes(site, door, i, problems)
    for i in _repeated(door.zone for door in site.doors):
        problems.add(("door", i, "zone"), f"zone {site.doors[i].zone!r} has two doors: make a zone for each")


def _check_photo_eyes(site: Site, door: Door, i: int, problems: Problems) -> None:
    for eye in door.photo_eyes:
        if eye.reader not in site.reader_index:
            near = did_you_mean(eye.reader, site.reader_index)
            what = f'door "{door.id}" has photo eyes on reader {eye.reader!r}, which is not there{near}'
            problems.add(("door", i, "photo_eyes"), what)


def _check_sensors(site: Site, problems: Problems) -> None:
    for i, sensor in enumerate(site.sensors):
        at: Path = ("sensor", i, "reader")
        reader = site.reader_index.get(sensor.reader)
        if reader is None:
            near = did_you_mean(sensor.reader, site.reader_index)
            problems.add(at, f'sensor "{sensor.id}" is on reader {sensor.reader!r}, which is not there{near}')
        elif site.readers[reader].format not in (ReaderFormat.NATIVE, ReaderFormat.MAPPED):
            what = f'sensor "{sensor.id}" is on reader {sensor.reader!r}: only native and mapped readers carry sensors'
            problems.add(at, what)


def _near_zone(word: str, site: Site) -> str:
    return did_you_mean(word, site.zone_index)


def _repeated(values: Iterable[object]) -> list[int]:
    """Give the indexes of the values that came before."""
    seen: set[object] = set()
    again = []
    for i, value in enumerate(values):
        if value in seen:
            again.append(i)
        seen.add(value)
    return again
