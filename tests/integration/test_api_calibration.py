"""
What the REST interface does with calibrations: publish, show, take back, for admins only.
"""

from typing import Any

import pytest

from core.store.tokens import Role
from tests.api_service import Api
from tests.store_steps import Place, positions_of, small_site
from tests.streams import crossed

pytestmark = pytest.mark.parametrize("edition", ["postgres"], indirect=True)
PATH = "/api/v1/sites/north/calibration"


def body() -> dict[str, Any]:
    """A calibration of the small site."""
    return crossed(small_site()).to_json()


async def test_calibration_published_is_shown_and_taken_back(api: Api) -> None:
    """
    It has a number, an author, where it was learned and its whole self; taken back, there is none to show.
    """
    async with api.client() as client:
        none = await client.get(PATH)
        put = await client.put(PATH, json=body())
        await api.store.commit(api.steps.next(positions=positions_of([Place(tag_id=1)]), taught=1))
        shown = (await client.get(PATH)).json()
        gone = [await client.delete(PATH), await client.get(PATH), await client.delete(PATH)]
    acts = await api.rows("SELECT actor, act FROM audit WHERE act LIKE 'site.%%' ORDER BY audit_id")

    assert (none.status_code, put.status_code) == (404, 200)
    assert (put.json()["version"], put.json()["version_in_use"], shown["version_in_use"]) == (1, 0, 1)
    assert shown["learned_from"] == {"file": "walk.csv", "reads": 3}
    assert shown["calibration"] == body()
    assert [answer.status_code for answer in gone] == [204, 404, 404]
    assert acts == [("test admin", "site.calibrate"), ("test admin", "site.uncalibrate")]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"site": "south"}, 409, "of site 'south', not of 'north'"),
        ({"zones": [["hall", 1], ["attic", 1]]}, 409, "the plan has no zone attic"),
        ({"read_points": [["r1", 0], ["r1", 1], ["r9", 0], ["r9", 1]]}, 409, "the plan has no antenna r9/0, r9/1"),
        ({"hearing": {}}, 409, "calibrate anew"),
        ({"version": 99}, 409, "calibrate anew"),
    ],
)
async def test_calibration_that_does_not_fit_is_refused(
    api: Api, change: dict[str, Any], status: int, said: str
) -> None:
    """
    What the site doesn't have is named, and nothing is published.
    """
    async with api.client() as client:
        answer = await client.put(PATH, json=body() | change)
        after = await client.get(PATH)

    assert (answer.status_code, after.status_code) == (status, 404)
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.MANAGER, Role.DEVICE])
async def test_calibration_is_for_admins(api: Api, role: Role) -> None:
    """
    Nobody else sees, publishes or takes back.
    """
    async with api.client(role) as client:
        answers = [await client.get(PATH), await client.put(PATH, json=body()), await client.delete(PATH)]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
