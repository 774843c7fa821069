"""
Passages in the database: stored once, in sane times, found by door, verdict and tag, and forgotten in the end.
"""

from typing import Any

import pytest

from core.model.passage import Direction, PassageVerdict
from core.store import Retention, Store
from core.store.times import microseconds, timestamp
from core.store.views_stock import list_passages
from tests.integration.store_questions import rows
from tests.store_steps import SECOND_US, START_US, Place, Steps, epc_of, passage_of, positions_of

DAY_US = 86_400 * SECOND_US
NO_FILTER = dict.fromkeys(
    ("door", "verdict", "epc", "since", "until", "after_us", "after_tag", "after_seq", "after_door")
)


async def found(store: Store, **filters: Any) -> list[tuple[int, str, str]]:  # noqa: ANN401 - parameters
    """Tag, door and verdict of the site's passages, as the view lists them."""
    async with store.connection() as conn:
        listed = await list_passages(conn, 1, 100, **{**NO_FILTER, **filters})
    return [(row["tag_id"], row["door"], row["verdict"]) for row in listed]


async def three_passages(store: Store) -> None:
    """Tag 0 went through d1 and then stood at d2, which is not on the plan any more; tag 1 milled at d1 in between."""
    await store.commit(
        Steps().next(
            positions=positions_of([Place(tag_id=0), Place(tag_id=1)]),
            passages=(
                passage_of(0),
                passage_of(1, closed_us=START_US + 1, verdict=PassageVerdict.MILLING),
                passage_of(0, closed_us=START_US + 2, door="d2", verdict=PassageVerdict.STATIC),
            ),
        )
    )


async def test_passage_comes_back_as_it_was_said(store: Store) -> None:
    """
    Every part of a passage is in the row, times to the microsecond, with the step that wrote it.
    """
    said = passage_of(1, opened_us=START_US - 7, direction=Direction.IN, verdict=PassageVerdict.REVIEW)
    await store.commit(Steps().next(positions=positions_of([Place(tag_id=1)]), passages=(said,)))
    assert await rows(
        store, "SELECT opened_at, closed_at, door, tag_id, verdict, direction, confidence, reads, seq FROM passage"
    ) == [(timestamp(START_US - 7), timestamp(START_US), "d1", 1, "review", "in", 0.875, 12, 1)]


async def test_passages_committed_twice_are_there_once(store: Store) -> None:
    """
    The same step again, as after a COMMIT without an answer, adds no passage; the same passage of a later step is one.
    """
    steps = Steps()
    step = steps.next(positions=positions_of([Place(tag_id=0)]), passages=(passage_of(0),))
    again = [(await store.commit(step)).already for _ in range(3)]
    assert again == [False, True, True]
    assert await rows(store, "SELECT count(*) FROM passage") == [(1,)]
    await store.commit(steps.next(passages=(passage_of(0, closed_us=START_US + 1),)))
    assert await rows(store, "SELECT seq FROM passage ORDER BY seq") == [(1,), (2,)]


async def test_step_of_nothing_but_a_passage_is_committed(store: Store) -> None:
    """
    A verdict that falls when nothing else happens is not lost.
    """
    steps = Steps()
    await store.commit(steps.next(positions=positions_of([Place(tag_id=0)])))
    alone = steps.next(passages=(passage_of(0),))
    await store.commit(alone)
    assert not alone.is_empty
    assert await rows(store, "SELECT live_seq, count(passage) FROM site JOIN passage USING (site_id) GROUP BY 1") == [
        (2, 1)
    ]


async def test_passage_with_a_wild_clock_makes_no_wild_chunk(store: Store) -> None:
    """
    Times from another century are pulled near the stream's.
    """
    wild = passage_of(0, opened_us=START_US - 20_000 * DAY_US, closed_us=START_US + 20_000 * DAY_US)
    await store.commit(Steps().next(positions=positions_of([Place(tag_id=0)]), passages=(wild,)))
    ((opened_at, closed_at),) = await rows(store, "SELECT opened_at, closed_at FROM passage")
    assert all(abs(microseconds(at) - START_US) < 31 * DAY_US for at in (opened_at, closed_at))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [(0, "d2", "static"), (1, "d1", "milling"), (0, "d1", "through")]),
        ({"door": "d1"}, [(1, "d1", "milling"), (0, "d1", "through")]),
        ({"verdict": "static"}, [(0, "d2", "static")]),
        ({"epc": epc_of(0)}, [(0, "d2", "static"), (0, "d1", "through")]),
        ({"epc": epc_of(0), "door": "d1"}, [(0, "d1", "through")]),
        ({"epc": epc_of(9)}, []),
        ({"since": timestamp(START_US + 1), "until": timestamp(START_US + 2)}, [(1, "d1", "milling")]),
        ({"after_us": START_US + 1, "after_tag": 1, "after_seq": 1, "after_door": "d1"}, [(0, "d1", "through")]),
    ],
)
async def test_passages_are_listed_newest_first(
    store: Store, filters: dict[str, Any], expected: list[tuple[int, str, str]]
) -> None:
    """
    Each filter keeps what it names, doors no longer on the plan too, and a page goes on after its last row.
    """
    await three_passages(store)
    assert expected == await found(store, **filters)


async def test_prune_forgets_old_passages(store: Store) -> None:
    """
    Passages older than asked go by stream time, newer ones stay.
    """
    steps = Steps()
    placed = positions_of([Place(tag_id=0)])
    await store.commit(steps.next(positions=placed, passages=(passage_of(0),)))
    late_us = START_US + 50 * DAY_US
    await store.commit(steps.next(at_us=late_us, passages=(passage_of(0, opened_us=late_us, closed_us=late_us),)))
    gone = await store.prune(Retention(passage_days=40))
    assert (gone["passage"], gone["movement"]) == (1, 0)
    assert await rows(store, "SELECT closed_at FROM passage") == [(timestamp(late_us),)]
