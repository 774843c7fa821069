"""
The simulator's command line: what it prints, and how it says that it was misused.
"""

import json
import tomllib
from pathlib import Path

import pytest

from firmware_sim.cli import main


def test_site_command_prints_a_site_file(capsys: pytest.CaptureFixture[str]) -> None:
    """
    The plan comes out as TOML, with the id that was asked for and the scenario's patience.
    """
    assert main(["site", "--site-id", "north", "--scenario", "shrinkage"]) == 0
    site = tomllib.loads(capsys.readouterr().out)
    assert site["site"]["id"] == "north"
    assert {60.0} == {zone["missing_after_s"] for zone in site["zone"] if zone["id"].startswith("aisle")}


def test_shipments_command_prints_what_an_erp_would_post(capsys: pytest.CaptureFixture[str]) -> None:
    """
    A shipment is a reference, a door and EPCs.
    """
    assert main(["shipments", "--tags", "500"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {("reference", "door", "epcs")} == {tuple(row) for row in rows}
    assert len(rows) > 3


def test_products_and_scenarios_commands_list_them(capsys: pytest.CaptureFixture[str]) -> None:
    """
    Both are there to be read by others.
    """
    assert (main(["products"]), main(["scenarios"])) == (0, 0)
    said = capsys.readouterr().out
    assert '"gtin"' in said
    assert "shrinkage" in said


def test_broken_faults_file_is_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Status 2, and what to write on stderr.
    """
    file = tmp_path / "faults.toml"
    file.write_text('[[fault]]\nkind = "fire"\n')
    assert main(["run", "--faults", str(file), "--tags", "10"]) == 2
    assert "line 1: kind 'fire' is unknown; write one of duplicate" in capsys.readouterr().err


def test_broker_that_does_not_answer_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """
    Status 1, with the address and what to do.
    """
    assert main(["run", "--mqtt", "mqtt://127.0.0.1:1", "--for", "1", "--tags", "10"]) == 1
    assert "no MQTT broker answers at mqtt://127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["run", "--tags", "9"], ["run", "--speed", "0"], ["dance"]])
def test_misuse_ends_with_status_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """
    What makes no sense is refused before anything starts.
    """
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert capsys.readouterr().err
