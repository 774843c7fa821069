"""
The interface keeps to its own description, whatever it is sent: schemathesis looks, and so do texts that are not JSON.
"""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from core.model.alert import AlertRaised, Severity
from core.store.tokens import Role
from tests.api_service import Api
from tests.store_steps import START_US, Place, epc_of, passage_of, positions_of

pytestmark = pytest.mark.parametrize("edition", ["postgres"], indirect=True)
EXAMPLES = 15
RUN_S_MAX = 500.0

NOT_JSON = (
    b"",
    b" ",
    b"{",
    b"[1,",
    b'{"reference":"a","epcs":[],}',
    b'{"reference":"a" "epcs":[]}',
    b"{'reference':'a','epcs':[]}",
    b'{"reference":"a","epcs":[NaN]}',
    b'{"reference":Infinity,"epcs":[]}',
    b'{"reference":"a","epcs":[]}x',
    b'\xef\xbb\xbf{"reference":"a","epcs":[]}',
    '{"reference":"a","epcs":[]}'.encode("utf-16"),
    b'{"reference":"\xff","epcs":[]}',
    b'{"reference":"\\ud800","epcs":[]}',
    b'{"reference":"a\\u0000","epcs":[]}',
    b'{"reference":"a\nb","epcs":[]}',
    b'{"reference":"\\x","epcs":[]}',
    b'{"reference":01,"epcs":[]}',
    b'{"reference":1e400,"epcs":[]}',
    b'{"reference":' + b"9" * 5_000 + b',"epcs":[]}',
    b"[" * 100_000,
    b'{"epcs":' * 1_500,
    b"null",
    b"true",
    b'"a"',
    b"[]",
    b'{"reference":"a"}',
    b'{"reference":"a","epcs":[],"more":1}',
    b'{"reference":null,"epcs":[]}',
    b'{"reference":5,"epcs":[]}',
    b'{"reference":"a","epcs":"30"}',
    b'{"reference":"a","epcs":["xyz"]}',
    b'{"reference":"a","epcs":["' + b"3" * 200 + b'"]}',
    b'{"reference":"' + b"a" * 5_000 + b'","epcs":[]}',
)


@pytest.mark.parametrize("body", NOT_JSON, ids=range(len(NOT_JSON)))
async def test_bad_bodies_are_refused(api: Api, body: bytes) -> None:
    """
    What is not JSON, or not what was asked for, is refused with a problem document and never is our mistake.
    """
    async with api.client() as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/api/v1/sites/north/shipments", content=body, headers=headers)

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "errors"} == answer.json().keys()


async def test_bodies_are_bounded(api: Api) -> None:
    """
    A body over the limit is refused, whether its length is said or not, and so is one that is not called JSON.
    """

    async def without_length() -> object:
        for _ in range(40):
            yield b" " * 65_536

    path, headers = "/api/v1/sites/north/shipments", {"Content-Type": "application/json"}
    async with api.client() as client:
        said = await client.post(path, content=b" " * 3_000_000, headers=headers)
        unsaid = await client.post(path, content=without_length(), headers=headers)  # type: ignore[arg-type]
        text = await client.post(path, content=b"{}", headers={"Content-Type": "text/plain"})

    assert [answer.status_code for answer in (said, unsaid, text)] == [413, 413, 415]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("nothing=1", 422),
        ("limit=1&limit=2", 422),
        ("limit=0", 422),
        ("limit=1001", 422),
        ("limit=99999999999999999999", 422),
        ("q=%00", 422),
        ("q=" + "a" * 201, 422),
        ("q=" + "a" * 9_000, 414),
        ("state=lost", 422),
        ("cursor=!", 422),
        ("cursor=AAAA", 404),
        ("cursor=WyJhIl0", 404),
        ("cursor=Wzk5OTk5OTk5OTk5OTk5OTk5OTk5XQ", 404),
        ("epc=zz", 422),
    ],
)
async def test_bad_parameters_are_refused(api: Api, query: str, status: int) -> None:
    """
    A parameter that is not known, given twice, out of range or not text is refused and named.
    """
    answer = await api.get(f"/api/v1/sites/north/positions?{query}", role=Role.VIEWER)

    assert (status, status) == (answer.status_code, answer.json()["status"])
    assert status != 422 or answer.json()["errors"][0]["field"].startswith("query.")


async def test_wrong_method_names_the_right_ones(api: Api) -> None:
    """
    405 says which methods an address knows.
    """
    async with api.client() as client:
        answer = await client.delete("/api/v1/sites/north/shipments")

    assert answer.status_code == 405
    assert {"GET", "POST"} == set(answer.headers["allow"].split(", "))


async def fill(api: Api) -> None:
    """Something of what the interface shows."""
    raised = AlertRaised(
        rule="missing", subject=epc_of(0), severity=Severity.HIGH, at_us=START_US, title="t", advice="a", epc=epc_of(0)
    )
    await api.store.commit(
        api.steps.next(
            positions=positions_of([Place(tag_id=t) for t in range(4)]), passages=(passage_of(3),), alerts=(raised,)
        )
    )
    await api.post("/api/v1/sites/north/shipments", {"reference": "S-1", "epcs": [epc_of(1)]})


@pytest.mark.slow
async def test_schemathesis_finds_nothing(api: Api, tmp_path: Path) -> None:
    """
    Requests made from the description, right ones and wrong ones, meet answers that the description has.
    """
    await fill(api)
    text = json.dumps(api.app.openapi()).replace('"name": "site",', '"name": "site", "example": "north",')
    (tmp_path / "openapi.json").write_text(text)
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).with_name("st")), "run", "openapi.json", "--url", api.url, "--no-color"),
        *(
            "--checks",
            "all",
            "--max-examples",
            str(EXAMPLES),
            "--seed",
            "1",
            "--workers",
            "2",
            "--generation-database",
            ":memory:",
        ),
        *("--header", f"Authorization: Bearer {api.tokens[Role.ADMIN][1]}", "--warnings", "off"),
        *("--exclude-path-regex", "revoke"),  # it would end the token that asks
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), RUN_S_MAX)

    assert process.returncode == 0, said.decode()
