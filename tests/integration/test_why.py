"""
Why a tag is where it is, asked of a real database that a line has filled: over REST, on the command line, and in core.
"""

import asyncio
import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.engine import Engine
from core.model.step import MovementKind
from core.store import Store, open_store
from core.store.tokens import Role
from tallyport.cli import app
from tests.api_service import Api
from tests.streams import SECOND_US, START_US, Delivered, Heard, run, small_site
from tests.unit.test_why import EPC, inside, walk_out, word

pytestmark = pytest.mark.parametrize("edition", ["postgres"], indirect=True)
SITE = small_site()
NEIGHBOUR = "E28011600000000000000001"
PATH = f"/api/v1/sites/small/tags/{EPC}/why"


def messages(reads: list[tuple[float, int, float]], until_s: float) -> list[Delivered]:
    """One message a quarter of a second: reads of the tag and of one beside it, and heartbeats."""
    found = []
    for quarter in range(int(4 * until_s)):
        start_s, arrived_us = quarter / 4, START_US + (quarter + 1) * SECOND_US // 4
        words = [word(start_s, reader) for reader in ("west", "east")]
        rows = [(at, point, dbm, EPC) for at, point, dbm in reads if start_s <= at < start_s + 0.25]
        rows += [(start_s + 0.1, 1, -50.0, NEIGHBOUR)]
        heard = [
            Heard(
                seen_us=START_US + round(at * SECOND_US), arrived_us=arrived_us, read_point=point, epc=epc, rssi_dbm=dbm
            )
            for at, point, dbm, epc in sorted(rows)
        ]
        found.append(Delivered(at_us=START_US, arrived_us=arrived_us, words=(*words, *heard)))
    return found


async def fill(store: Store, reads: list[tuple[float, int, float]], until_s: float) -> list[MovementKind]:
    """Let a line take the messages; what moved."""
    await store.save_site(SITE)
    moves = []
    sent = messages(reads, until_s)
    for step in run(Engine(SITE), sent, range(len(sent))):
        if not step.is_empty:
            await store.commit(step)
            moves += [movement.kind for movement in step.movements if movement.epc == EPC]
    return moves


@pytest.mark.parametrize("until_s", [14.5, 16.25, 30.0])
async def test_answer_agrees_with_the_live_position(api: Api, until_s: float) -> None:
    """
    Inside, in the doorway, and gone: what the stored reads explain is what the line says live, down to the confidence.
    """
    await fill(api.store, walk_out(), until_s)
    body = (await api.get(PATH)).json()

    assert body["differs"] == ""
    assert (body["position"]["zone"], body["position"]["state"]) == (body["why"]["zone"], body["why"]["state"])
    assert body["why"]["confidence"] == pytest.approx(body["position"]["confidence"], abs=0.051)
    assert body["why"]["antennas"]
    assert body["why"]["sightings"][0]["reader"] == "east"


async def test_answer_shows_moves_passages_and_the_rule(api: Api) -> None:
    """
    Of a tag that left: its movements, what the door judged of it, and that it fell silent there.
    """
    moves = await fill(api.store, walk_out(), 30.0)
    body = (await api.get(PATH)).json()

    assert [move["kind"] for move in reversed(body["movements"])] == moves
    assert [passage["verdict"] for passage in body["passages"]] == ["through"]
    assert [hold["rule"] for hold in body["why"]["holds"]] == ["gone"]
    assert body["why"]["passages"][0]["reads"] == body["passages"][0]["reads"]


async def test_answer_without_reads_is_honest(api: Api) -> None:
    """
    Where retention has taken the reads, the position stays, and nothing is made up about why.
    """
    await fill(api.store, inside(), 20.0)
    await api.rows("DELETE FROM read")
    body = (await api.get(PATH)).json()

    assert (body["position"]["zone"], body["why"], body["differs"]) == ("right", None, "")


async def test_answer_that_differs_says_so(api: Api) -> None:
    """
    Where the live position is another one than the reads explain, both are named.
    """
    await fill(api.store, inside(), 20.0)
    await api.rows("UPDATE position SET zone_no = 0")
    body = (await api.get(PATH)).json()

    assert body["differs"].startswith("live it is present in left, and by the reads kept present in right")


async def test_tag_last_seen_long_ago_is_missing_by_its_silence(api: Api) -> None:
    """
    Ten minutes without a read under healthy antennas: it is missing, and the answer rests on the reads from before.
    """
    await fill(api.store, inside(), 600.0)
    body = (await api.get(PATH)).json()

    assert (body["differs"], body["why"]["state"]) == ("", "missing")
    assert [hold["says"] for hold in body["why"]["holds"]] == ["it was silent for too long: it is missing"]


async def test_tag_never_seen_is_not_found(api: Api) -> None:
    """
    An EPC that no reader has seen, and one that is none, are refused; so is whoever may not read, or asks elsewhere.
    """
    await fill(api.store, inside(), 1.0)
    unseen, bad = await api.get(PATH.replace(EPC, "AB" * 12)), await api.get(PATH.replace(EPC, "XY"))
    others = [await api.get(PATH, role=role) for role in (Role.DEVICE, None)]
    elsewhere = await api.get(PATH.replace("small", "nowhere"))

    assert [answer.status_code for answer in (unseen, bad, *others, elsewhere)] == [404, 422, 403, 401, 404]


def test_command_explains_and_saves(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    `where --why` tells people the rule, `--json` tells programs all of it, and what `--save` leaves replays.
    """
    asyncio.run(_filled(database_url))
    monkeypatch.setenv("TALLYPORT_DATABASE_URL", database_url)
    people = CliRunner().invoke(app, ["where", EPC.lower(), "--why"])
    programs = CliRunner().invoke(app, ["where", EPC, "--json", "--save", str(tmp_path / "it")])
    command = shlex.split(programs.stderr.splitlines()[-1])
    again = CliRunner().invoke(app, command[1:])

    assert (people.exit_code, programs.exit_code, again.exit_code) == (0, 0, 0)
    assert "it fell silent at Dock door 1 and has left" in people.stdout
    said = json.loads(programs.stdout)
    assert (said["zone"], said["why"]["zone"], said["differs"]) == ("door", "door", "")
    saved = (tmp_path / "it/why.json").read_bytes()
    assert saved == (tmp_path / "it/again/why.json").read_bytes()
    assert json.loads(saved) == said["why"]


def test_command_is_honest_about_a_tag_never_seen(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It says so and what to do, with exit status 1.
    """
    asyncio.run(_filled(database_url))
    monkeypatch.setenv("TALLYPORT_DATABASE_URL", database_url)
    unseen = CliRunner().invoke(app, ["where", "AB" * 12, "--why"])

    assert unseen.exit_code == 1
    assert "has never been seen at small" in " ".join(unseen.stderr.split())


async def _filled(database_url: str) -> None:
    async with open_store(database_url, role="ingest") as store:
        await fill(store, walk_out(), 30.0)
