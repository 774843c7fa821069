"""
Calibrations in the database: numbered, signed, taken back, and remembered with each step.
"""

import pytest

from core.store import Store, UnknownSite
from tests.integration.store_questions import rows
from tests.store_steps import Place, Steps, positions_of

BODY = {"learned_from": {"file": "walk.csv"}, "hearing": {"dbm": [[-50.5, -61.25]]}}


async def test_published_calibration_counts_up_and_is_signed(store: Store) -> None:
    """
    Each one published has the next number, its author and its place in the audit; the newest counts.
    """
    first = await store.publish_calibration("north", {"learned_from": {}}, "ann")
    second = await store.publish_calibration("north", BODY, "bob")
    newest = await store.calibration("north")

    assert (first.version, second.version) == (1, 2)
    assert newest == second
    assert (second.published_by, second.body) == ("bob", BODY)
    assert await store.calibration("north", 1) == first
    assert await store.calibration_versions("north") == (2, 0)
    acts = await rows(store, "SELECT actor, act, detail->>'version' FROM audit ORDER BY audit_id")
    assert acts == [("ann", "site.calibrate", "1"), ("bob", "site.calibrate", "2")]


async def test_calibration_taken_back_is_a_version_without_a_body(store: Store) -> None:
    """
    Going back to the plan is a decision like any other: it has a number, and the history stays.
    """
    await store.publish_calibration("north", BODY, "ann")
    none = await store.publish_calibration("north", None, "ann")

    assert (none.version, none.body) == (2, None)
    kept = await store.calibration("north", 1)
    assert kept is not None
    assert kept.body == BODY


async def test_steps_remember_their_calibration(store: Store) -> None:
    """
    A step comes back with the number of the calibration that it was decided under, and the last one's is in use.
    """
    steps = Steps()
    for taught in (0, 3, 3):
        await store.commit(steps.next(positions=positions_of([Place(tag_id=1)]), taught=taught))

    assert [step.taught async for step in store.replay("north", 0)] == [0, 3, 3]
    assert await store.calibration_versions("north") == (0, 3)


async def test_calibration_of_no_site_is_refused(store: Store) -> None:
    """
    A site that the database doesn't have has no calibration and takes none.
    """
    with pytest.raises(UnknownSite):
        await store.publish_calibration("nowhere", BODY, "ann")
    with pytest.raises(UnknownSite):
        await store.calibration_versions("nowhere")
    assert await store.calibration("nowhere") is None
