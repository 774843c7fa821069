"""
The site file (docs/site-file.md): TOML in, a Site out, and back; all that is wrong is said at once, with its line.
"""

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from core.errors import SiteFileError
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
from core.site_check import check_site
from core.site_dump import dump_site
from core.site_lines import Lines
from core.site_table import Problems, Table

__all__ = ["dump_site", "load_site"]

SITE_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
READER_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
ENVIRONMENTS: Final = ["open", "warehouse", "dense"]
DOOR_KINDS: Final = ["dock", "exit"]

_AT_LINE: Final = re.compile(r"^(.*) \(at line (\d+), column \d+\)$")


def load_site(source: Path | str) -> Site:
    """Read a site from a file, or from the text of one. Raises SiteFileError with every problem."""
    name = source.name if isinstance(source, Path) else "site.toml"
    text = _text_of(source) if isinstance(source, Path) else source
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise SiteFileError([_syntax(name, str(exc), text)]) from exc
    problems = Problems(name, Lines(text))
    site = _site(Table(body, (), problems))
    check_site(site, problems)
    if problems.found:
        raise SiteFileError(problems.texts())
    return site


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as exc:
        raise SiteFileError([f"{path}: cannot be read: {exc.strerror}"]) from exc
    except UnicodeDecodeError as exc:
        raise SiteFileError([f"{path.name}: is not UTF-8 text; save it as UTF-8"]) from exc


def _syntax(name: str, message: str, text: str) -> str:
    at_line = _AT_LINE.match(message)
    what, line = (at_line[1], at_line[2]) if at_line else (message, str(len(text.splitlines())))
    return f"{name}:{line}: this is not TOML: {what}"


def _site(file: Table) -> Site:
    head = file.table("site", required=True)
    site = Site(
        id=head.name_like("id", SITE_ID),
        name=head.text("name"),
        timezone=head.text("timezone"),
        width_m=head.number("width_m", above=0.0),
        height_m=head.number("height_m", above=0.0),
        engine=_engine(file.table("engine", required=False)),
        zones=tuple(_zone(table) for table in file.tables("zone")),
        readers=tuple(_reader(table) for table in file.tables("reader")),
        doors=tuple(_door(table) for table in file.tables("door")),
        sensors=tuple(_sensor(table) for table in file.tables("sensor")),
    )
    head.end()
    file.end()
    return site


def _engine(table: Table) -> EngineParameters:
    given: dict[str, Any] = {
        field.name: table.number(field.name, field.default, above=0.0)
        for field in fields(EngineParameters)
        if isinstance(field.default, float)
    }
    environment = table.one_of("environment", ENVIRONMENTS, EngineParameters().environment)
    table.end()
    return EngineParameters(environment=environment, **given)


def _zone(table: Table) -> Zone:
    zone = Zone(
        id=table.name_like("id", SITE_ID),
        name=table.text("name"),
        kind=table.choice("kind", ZoneKind),
        polygon=table.corners("polygon"),
        capacity=table.optional_integer("capacity", at_least=0),
        missing_after_s=table.optional_number("missing_after_s", above=0.0),
    )
    table.end()
    return zone


def _reader(table: Table) -> Reader:
    reader = Reader(
        id=table.name_like("id", READER_ID),
        name=table.text("name"),
        format=table.choice("format", ReaderFormat, ReaderFormat.NATIVE),
        topics=table.texts("topics"),
        command_topic=table.text("command_topic", ""),
        heartbeat_s=table.number("heartbeat_s", 10.0, above=0.0),
        mapping=table.mapping("mapping"),
        antennas=tuple(_antenna(antenna) for antenna in table.tables("antenna")),
    )
    table.end()
    return reader


def _antenna(table: Table) -> Antenna:
    antenna = Antenna(
        port=table.integer("port", at_least=1),
        x=table.number("x"),
        y=table.number("y"),
        z=table.number("z", 3.0),
        zone=table.text("zone"),
        facing_deg=table.optional_number("facing_deg"),
        range_m=table.number("range_m", 8.0, above=0.0),
    )
    table.end()
    return antenna


def _door(table: Table) -> Door:
    door = Door(
        id=table.name_like("id", SITE_ID),
        name=table.text("name"),
        zone=table.text("zone"),
        kind=table.one_of("kind", DOOR_KINDS, "dock"),
        photo_eyes=tuple(_photo_eye(eye) for eye in table.tables("photo_eyes")),
        facing_deg=table.optional_number("facing_deg"),
    )
    table.end()
    return door


def _photo_eye(table: Table) -> PhotoEye:
    eye = PhotoEye(
        reader=table.text("reader"),
        inside_port=table.integer("inside_port", at_least=1),
        outside_port=table.integer("outside_port", at_least=1),
    )
    table.end()
    return eye


def _sensor(table: Table) -> Sensor:
    sensor = Sensor(
        id=table.name_like("id", READER_ID),
        reader=table.text("reader"),
        quantity=table.text("quantity"),
        x=table.number("x"),
        y=table.number("y"),
    )
    table.end()
    return sensor
