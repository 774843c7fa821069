"""
What the REST interface tells of passages, over a real database that the line's own commits have filled.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.model.passage import Direction, PassageVerdict
from core.store.tokens import Role
from tests.api_service import Api
from tests.store_steps import SECOND_US, START_US, Place, epc_of, passage_of, positions_of

pytestmark = pytest.mark.parametrize("edition", ["postgres"], indirect=True)
PATH = "/api/v1/sites/north/passages"


def moment(us: int) -> str:
    """The time as the interface writes it."""
    return datetime.fromtimestamp(us / 1e6, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


async def stock_doors(api: Api) -> None:
    """Four tags at two doors, a second apart; tags 1 and 2 at the same moment."""
    stood: dict[str, Any] = {"verdict": PassageVerdict.STATIC, "direction": Direction.NONE}
    await api.store.commit(
        api.steps.next(
            positions=positions_of([Place(tag_id=t) for t in range(4)]),
            passages=(
                passage_of(0),
                passage_of(1, closed_us=START_US + SECOND_US, **stood),
                passage_of(2, closed_us=START_US + SECOND_US, door="d2"),
                passage_of(3, closed_us=START_US + 2 * SECOND_US, verdict=PassageVerdict.REVIEW),
            ),
        )
    )


async def test_passage_shows_everything(api: Api) -> None:
    """
    A passage has its times in UTC, its door, its tag, and the verdict with how sure it is.
    """
    await stock_doors(api)
    answer = (await api.get(PATH, {"epc": epc_of(0).lower()}, role=Role.VIEWER)).json()

    assert answer["next_cursor"] is None
    (item,) = answer["items"]
    sku = item.pop("sku")
    assert item == {
        "opened_at": "2026-09-21T14:13:18.500000Z",
        "closed_at": moment(START_US),
        "door": "d1",
        "tag_id": 0,
        "epc": epc_of(0),
        "verdict": "through",
        "direction": "out",
        "confidence": 0.875,
        "reads": 12,
    }
    assert sku == (await api.get(f"/api/v1/sites/north/tags/{epc_of(0)}")).json()["sku"]


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_passages_page_through_everything_once(api: Api, limit: int) -> None:
    """
    Pages together hold every passage, newest first, none twice, and end.
    """
    await stock_doors(api)

    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await api.get(PATH, {"limit": limit, **cursor})).json()
        seen += [item["tag_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"door": "d2"}, [2]),
        ({"door": "nowhere"}, []),
        ({"verdict": "through"}, [2, 0]),
        ({"verdict": "through", "door": "d1"}, [0]),
        ({"verdict": "milling"}, []),
        ({"epc": epc_of(3)}, [3]),
        ({"since": moment(START_US + SECOND_US)}, [3, 2, 1]),
        ({"until": moment(START_US + SECOND_US)}, [0]),
    ],
)
async def test_passages_are_filtered(api: Api, filters: dict[str, str], expected: list[int]) -> None:
    """
    Each filter keeps what it names.
    """
    await stock_doors(api)

    assert expected == [item["tag_id"] for item in (await api.get(PATH, filters)).json()["items"]]


@pytest.mark.parametrize(
    ("query", "status"),
    [("verdict=gone", 422), ("epc=zz", 422), ("zone=hall", 422), ("limit=0", 422), ("cursor=WzFd", 404)],
)
async def test_bad_questions_about_passages_are_refused(api: Api, query: str, status: int) -> None:
    """
    A verdict that there is none of, a tag that is none, another list's filter or cursor: each is refused.
    """
    assert (await api.get(f"{PATH}?{query}")).status_code == status


async def test_passages_are_for_readers_of_the_site(api: Api) -> None:
    """
    Whoever may see movements may see passages; a device and a stranger may not, and another site has none.
    """
    answers = [await api.get(PATH, role=role) for role in (Role.VIEWER, Role.DEVICE, None)]
    elsewhere = await api.get(PATH.replace("north", "nowhere"))

    assert [answer.status_code for answer in (*answers, elsewhere)] == [200, 403, 401, 404]
