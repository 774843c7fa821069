"""The site file: what loads, what is refused and in which words, and the way back."""

import re
from pathlib import Path

import pytest

from core.errors import SiteFileError
from core.site import ReaderFormat, ZoneKind
from core.site_file import dump_site, load_site
from tests.streams import small_site

GOOD = """\
[site]
id = "shop"
name = "Shop"
timezone = "Europe/Berlin"
width_m = 20.0
height_m = 10.0

[[zone]]
id = "room"
name = "Room"
kind = "storage"
polygon = [
  [0, 0],  # a comment with [ in it
  [10, 0], [10, 10], [0, 10],
]

[[zone]]
id = "door"
name = "Door"
kind = "dock_door"
polygon = [[10, 0], [14, 0], [14, 10], [10, 10]]

[[reader]]
id = "R1"
name = "Reader 1"
format = "zebra"
topics = ["zebra/r1"]

[[reader.antenna]]
port = 1
x = 5
y = 5
zone = "room"

[[reader.antenna]]
port = 2
x = 12
y = 5
zone = "door"

[[reader]]
id = "gate"
name = "Gateway"

[[door]]
id = "door-1"
name = "Door 1"
zone = "door"
photo_eyes = [{reader = "R1", inside_port = 1, outside_port = 2}]

[[sensor]]
id = "temp-1"
reader = "gate"
quantity = "temperature_c"
x = 1.0
y = 1.0
"""

BAD = {
    "unknown key": ("width_m = 20.0", "width_m = 20.0\nwidht = 3", 6, "unknown key 'widht' in site"),
    "unknown table": ("[[sensor]]", "[[senzor]]", 51, "unknown key 'senzor' in the file; did you mean 'sensor'?"),
    "wrong type": ("width_m = 20.0", 'width_m = "wide"', 5, "width_m must be a number"),
    "boolean for a number": ("width_m = 20.0", "width_m = true", 5, "width_m must be a number"),
    "not positive": ("width_m = 20.0", "width_m = -1", 5, "width_m is -1; write a number above 0"),
    "missing key": ('name = "Shop"\n', "", 1, "name is missing in site"),
    "bad id": ('id = "shop"', 'id = "My Shop"', 2, "id 'My Shop' must match"),
    "unknown kind": ('kind = "storage"', 'kind = "storag"', 11, "did you mean 'storage'?"),
    "unknown timezone": ("Europe/Berlin", "Europe/Berlinn", 4, "timezone 'Europe/Berlinn' is not known"),
    "same zone twice": ('id = "door"', 'id = "room"', 18, "zone id 'room' is used twice"),
    "crossing polygon": (
        "[[10, 0], [14, 0], [14, 10], [10, 10]]",
        "[[10, 0], [14, 10], [14, 0], [10, 10]]",
        21,
        'zone "door" has a polygon that crosses itself: list its corners in order',
    ),
    "too few corners": ("[[10, 0], [14, 0], [14, 10], [10, 10]]", "[[10, 0], [14, 0]]", 21, "at least three corners"),
    "no corners": ("[[10, 0], [14, 0], [14, 10], [10, 10]]", "[[10, 0], [14]]", 21, "must be a list of corners"),
    "overlap": ("[[10, 0], [14", "[[9.9, 0], [14", 21, 'zone "door" overlaps zone "room"'),
    "beyond the plan": ("width_m = 20.0", "width_m = 13.0", 21, 'zone "door" reaches beyond the plan of 13 x 10 m'),
    "antenna in no zone": ('zone = "room"', 'zone = "rom"', 33, "did you mean 'room'?"),
    "antenna far away": ("x = 5\n", "x = 15.5\n", 33, "stands 5.5 m from its zone 'room'"),
    "same port twice": ("port = 2", "port = 1", 36, "two antennas on port 1"),
    "port zero": ("port = 2", "port = 0", 36, "port is 0; the least is 1"),
    "no topics": ('topics = ["zebra/r1"]\n', "", 23, "is zebra and needs topics"),
    "topics not texts": ('topics = ["zebra/r1"]', "topics = [1]", 27, "topics must be a list of texts"),
    "wildcard": ('topics = ["zebra/r1"]', 'topics = ["zebra/+"]', 27, "with a wildcard"),
    "native with topics": ('name = "Gateway"', 'name = "Gateway"\ntopics = ["a"]', 44, "leave topics out"),
    "same topic twice": (
        'name = "Gateway"',
        'name = "Gateway"\nformat = "impinj"\ntopics = ["zebra/r1"]',
        45,
        'which reader "R1" has already',
    ),
    "mapped without mapping": (
        'name = "Gateway"',
        'name = "Gateway"\nformat = "mapped"\ntopics = ["a"]',
        41,
        "needs a mapping",
    ),
    "mapping without mapped": ('name = "Gateway"', 'name = "Gateway"\nmapping = {a = 1}', 44, "has a mapping"),
    "door of unknown zone": ('zone = "door"\nphoto', 'zone = "dor"\nphoto', 48, "did you mean 'door'?"),
    "door in a room": (
        'zone = "door"\nphoto',
        'zone = "room"\nphoto',
        48,
        "of kind storage: it must be dock_door or exit",
    ),
    "photo eye on unknown reader": ('{reader = "R1"', '{reader = "R2"', 49, "photo eyes on reader 'R2'"),
    "sensor on unknown reader": ('reader = "gate"', 'reader = "gat"', 53, "did you mean 'gate'?"),
    "sensor on a vendor's reader": ('reader = "gate"', 'reader = "R1"', 53, "only native and mapped readers"),
    "not TOML": ('name = "Shop"', "name = Shop", 3, "this is not TOML"),
    "environment": ('[[zone]]\nid = "room"', '[engine]\nenvironment = "fog"\n[[zone]]\nid = "room"', 9, "none of open"),
    "not a number at all": ("x = 1.0", "x = nan", 55, "x is nan"),
}


def problems_of(text: str) -> list[str]:
    """What is wrong with a text, in words."""
    with pytest.raises(SiteFileError) as caught:
        load_site(text)
    return caught.value.problems


@pytest.mark.parametrize("name", BAD)
def test_load_site_names_line_and_problem(name: str) -> None:
    """
    What is wrong is named with its line and what to write, and never comes with a crowd of things that follow from it.
    """
    old, new, line, words = BAD[name]
    assert GOOD.count(old) >= 1
    problems = problems_of(GOOD.replace(old, new, 1))

    there = [problem for problem in problems if problem.startswith(f"site.toml:{line}: ")]
    assert len(there) == 1
    assert words in there[0]
    assert len(problems) <= 3


def test_load_site_says_all_problems_at_once() -> None:
    """
    Three things wrong are three problems, in the file's order.
    """
    text = GOOD.replace("width_m = 20.0", "width_m = -1").replace('"dock_door"', '"dok"')
    text = text.replace("port = 2", "port = 0")

    lines = [int(problem.split(":")[1]) for problem in problems_of(text)]
    assert lines == sorted(lines)
    assert {5, 20, 36} <= set(lines)


def test_load_site_reads_what_is_written() -> None:
    """
    What the file says is what the site has, with the defaults for what it leaves out.
    """
    site = load_site(GOOD)

    assert [zone.kind for zone in site.zones] == [ZoneKind.STORAGE, ZoneKind.DOCK_DOOR]
    assert site.readers[0].format is ReaderFormat.ZEBRA
    assert (site.readers[0].antennas[1].z, site.readers[0].antennas[1].range_m) == (3.0, 8.0)
    assert site.readers[1].heartbeat_s == 10.0
    assert site.doors[0].photo_eyes[0].outside_port == 2
    assert site.engine.settle_s == 2.0


def test_load_site_from_a_file_names_it(tmp_path: Path) -> None:
    """
    A problem in a file bears the file's name; a file that is not there is a problem too.
    """
    file = tmp_path / "north.toml"
    file.write_text(GOOD.replace("port = 2", "port = 0"))

    with pytest.raises(SiteFileError, match=r"^north\.toml:36: "):
        load_site(file)
    with pytest.raises(SiteFileError, match="cannot be read"):
        load_site(tmp_path / "south.toml")
    file.write_bytes(b"\xff")
    with pytest.raises(SiteFileError, match="save it as UTF-8"):
        load_site(file)


def test_documented_site_file_has_only_what_it_shows_in_part() -> None:
    """
    The example in docs/site-file.md is TOML that we read; it lacks but the zone and the gateway it names.
    """
    text = re.search(r"```toml\n(.*?)```", Path("docs/site-file.md").read_text(), re.DOTALL)
    assert text is not None

    assert all("which is not there" in problem for problem in problems_of(text[1]))


@pytest.mark.parametrize("text", [GOOD, dump_site(small_site())])
def test_dump_site_loads_to_an_equal_site(text: str) -> None:
    """
    What we write, we read back as the same site.
    """
    site = load_site(text)

    assert site == load_site(dump_site(site))


def test_dump_site_keeps_odd_words_and_mappings() -> None:
    """
    Quotes, line ends, other alphabets and nested mappings survive the way out and back.
    """
    mapping = 'mapping = {reads = {path = "x.y", "odd key" = [1, true, 0.5]}}'
    odd = GOOD.replace('"Shop"', r'"Lager \"Süd\"\n\u007F"').replace(
        'name = "Gateway"',
        f'name = "Gateway"\nformat = "mapped"\ntopics = ["a"]\n{mapping}',
    )
    site = load_site(odd)

    assert site.readers[1].mapping == {"reads": {"path": "x.y", "odd key": [1, True, 0.5]}}
    assert site == load_site(dump_site(site))
