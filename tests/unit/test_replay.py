"""The engine offline: what the files of a replay say, and that the same recording gives the same bytes."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.site import Door, Zone, ZoneKind
from core.site_file import dump_site
from tallyport.announced import BadShipments, read_shipments
from tallyport.replay import Beside, replay
from tallyport.score.alerts import read_alerts
from tests.streams import small_site

EPC = "3034257BF7194E4000001A85"
SITE = small_site()
START_S = 1_700_000_000


def row(second: float, reader: str, antenna: int, rssi: float = -50.0, epc: str = EPC) -> str:
    """One line of a recording."""
    return f"{START_S + second:.3f},{reader},{antenna},{epc},{rssi}"


def record(folder: Path, rows: list[str]) -> Path:
    """A recording of the small warehouse, with its site file beside it."""
    (folder / "site.toml").write_text(dump_site(SITE))
    reads = folder / "reads.csv"
    reads.write_text("\n".join(["time,reader,antenna,epc,rssi", *sorted(rows)]) + "\n")
    return reads


def walk_out() -> list[str]:
    """A tag is in the right room, walks up to the door and out of it; others go on being heard by both readers."""
    rows = [row(at / 2, "east", 1, -48) for at in range(26)]
    rows += [row(13 + at / 8, "east", 2, -60 + 2 * min(at, 12 - at)) for at in range(12)]
    rows += [row(14 + at / 16, "east", 3, -68 + min(at, 40 - at)) for at in range(36)]
    return rows + [
        row(at + 0.5, reader, 1, epc="AB" + reader[0].encode().hex()) for at in range(40) for reader in ("east", "west")
    ]


def table(path: Path) -> list[dict[str, str]]:
    """A result file."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_replay_raises_the_alerts_that_the_line_would(tmp_path: Path) -> None:
    """
    A tag that walks out without a shipment is one alert of that rule, at the time when it is known to have left.
    """
    replay(record(tmp_path, walk_out()), SITE, tmp_path / "out")
    [left] = [r for r in table(tmp_path / "out/presence.csv") if r["state"] == "left"]
    alerts = table(tmp_path / "out/alerts.csv")

    assert [{"time": left["time"], "kind": "left_without_shipment", "subject": EPC}] == [
        alert for alert in alerts if alert["subject"] == EPC
    ]
    assert len(alerts) == len(read_alerts(tmp_path / "out/alerts.csv"))


def test_replay_raises_an_open_alert_once(tmp_path: Path) -> None:
    """
    A reader that falls silent twice without being heard between is one alert; heard again and silent again, it is two.
    """
    beside = [row(at, "west", 1, epc="AB") for at in range(80)]
    replay(
        record(tmp_path, [row(0, "east", 1), row(0, "east", 2), row(50, "east", 1), *beside]), SITE, tmp_path / "out"
    )
    offline = [
        a for a in table(tmp_path / "out/alerts.csv") if a["kind"] == "reader_offline" and a["subject"] == "east"
    ]

    assert len(offline) == 2


def test_replay_says_nothing_of_readers_after_its_end(tmp_path: Path) -> None:
    """
    Time goes on until the last reads are settled, and no reader is offline because the recording is over.
    """
    replay(record(tmp_path, [row(at, "east", 1) for at in range(20)]), SITE, tmp_path / "out")

    assert table(tmp_path / "out/alerts.csv") == []


def test_replay_gives_the_same_bytes(tmp_path: Path) -> None:
    """
    Two replays of one recording leave the same files.
    """
    reads = record(tmp_path, walk_out())
    for out in ("one", "two"):
        replay(reads, SITE, tmp_path / out)
    one, two = ({f.name: f.read_bytes() for f in (tmp_path / out).iterdir()} for out in ("one", "two"))

    assert {"zones.csv", "passages.csv", "presence.csv", "alerts.csv", "summary.json"} == set(one)
    assert one == two


@pytest.mark.parametrize(
    ("door", "announced_s", "alerts"), [("door-1", 0, 0), ("", 5, 0), ("door-2", 0, 1), ("", 90, 1)]
)
def test_replay_lets_what_is_on_a_shipment_leave(door: str, announced_s: float, alerts: int, tmp_path: Path) -> None:
    """
    A tag may go by its shipment's door once the shipment is known; by another door, or before that, it is an alert.
    """
    far = Zone(id="far", name="Far door", kind=ZoneKind.DOCK_DOOR, polygon=((0, 0), (2, 0), (2, 2), (0, 2)))
    site = replace(
        SITE, zones=(*SITE.zones, far), doors=(*SITE.doors, Door(id="door-2", name="Dock door 2", zone="far"))
    )
    told = [{"reference": "S-1", "door": door, "epcs": [EPC], "announced_s": START_S + announced_s}]
    (tmp_path / "shipments.json").write_text(json.dumps(told))
    reads = record(tmp_path, walk_out())
    replay(reads, site, tmp_path / "out", beside=Beside(shipments=tmp_path / "shipments.json"))

    assert len([row for row in table(tmp_path / "out/alerts.csv") if row["subject"] == EPC]) == alerts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"reference": "S-1"}]', "missing required field `epcs` - at `$[0]`"),
        ('[{"reference": "S-1", "epcs": ["30"], "door": "nowhere"}]', "$[0].door 'nowhere' is not in the site file"),
        ("reference,door", "malformed"),
    ],
)
def test_replay_says_what_is_wrong_with_shipments(text: str, said: str, tmp_path: Path) -> None:
    """
    A file of shipments that is none is refused, with the place and what is wrong there.
    """
    file = tmp_path / "shipments.json"
    file.write_text(text)
    with pytest.raises(BadShipments) as error:
        read_shipments(file, SITE)
    assert str(file) in str(error.value)
    assert said in str(error.value)
