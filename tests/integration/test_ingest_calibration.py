"""A calibration published while the line runs: taken over without losing a read, and kept through a restart."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tallyport.cli import app
from tests.integration.ingest_tools import (
    Rig,
    epc,
    native,
    now_us,
    plan,
    rig_on,
    running_line,
    save_plan,
    settings_for,
)
from tests.integration.mqtt_tools import own
from tests.streams import crossed

pytestmark = [
    pytest.mark.parametrize("edition", ["apache"], indirect=True),
    pytest.mark.parametrize("broker_kind", ["nats"], indirect=True),
]
WHERE = (
    "SELECT t.epc, z.id FROM position p JOIN tag t USING (site_id, tag_id) JOIN zone z USING (site_id, zone_no)"
    " WHERE p.site_id = %(site)s ORDER BY 1"
)


async def read_until(rig: Rig, tags: list[int], zones: list[str]) -> int:
    """Have the first reader hear tags until they are where they should be; how many reads it made."""
    for n in range(1, 60):
        await rig.publish(rig.topic("native-1"), native([(now_us(), epc(tag)) for tag in tags]))
        await asyncio.sleep(0.5)
        if dict(rig.rows(WHERE)) == {epc(tag): zone for tag, zone in zip(tags, zones, strict=True)}:
            return n * len(tags)
    return 0


@pytest.mark.slow
async def test_calibration_is_taken_over_and_survives_a_restart(
    database_url: str, mqtt_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A tag that the plan puts into one hall goes to the other once a calibration says so, and is there after a restart.
    """
    site = own("site")
    await save_plan(database_url, plan(site))
    settings = settings_for(database_url, mqtt_url, site)
    (tmp_path / "c.json").write_text(json.dumps(crossed(plan(site)).to_json()))
    monkeypatch.setenv("TALLYPORT_DATABASE_URL", database_url)
    with rig_on(settings, site) as rig:
        async with running_line(settings):
            reads = await read_until(rig, [1], ["east"])
            published = await tallyport("site", "calibrate", str(tmp_path / "c.json"))
            reads += await read_until(rig, [1], ["west"])
            await rig.until(lambda: rig.ledger("native-1")["stored"] == reads)
        async with running_line(settings):
            after = await read_until(rig, [1, 2], ["west", "west"])
        lost = rig.ledger("native-1")["late"]
    shown = await tallyport("site", "show")
    taken_back = await tallyport("site", "uncalibrate")

    assert (published["version"], published["published_by"]) == (1, "command line")
    assert shown["calibration"]["learned_from"] == {"file": "walk.csv", "reads": 3}
    assert (after > 0, lost, shown["calibration_in_use"], taken_back) == (True, 0, 1, None)


async def tallyport(*words: str) -> Any:  # noqa: ANN401 - JSON
    """What a command prints."""
    result = await asyncio.to_thread(CliRunner().invoke, app, [*words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
