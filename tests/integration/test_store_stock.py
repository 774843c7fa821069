"""
Stock always equals a recount over the positions; products, shipments and what leaves.
"""

from itertools import count
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.model.step import Movement, MovementKind, TagState
from core.store import GtinTaken, ShipmentExists, Store
from tests.integration.store_questions import rows
from tests.store_steps import START_US, Place, Steps, epc_of, positions_of, small_site

STOCK = "SELECT sku, zone_no, quantity FROM stock_level WHERE quantity <> 0 ORDER BY sku, zone_no"
GTIN = "SELECT DISTINCT gtin FROM tag"


SKUS: Final = ("A-1", "A-2")
PLACES = st.tuples(
    st.integers(0, 5),  # tag
    st.integers(-1, 2),  # zone
    st.sampled_from([int(state) for state in TagState]),
    st.integers(-3, 3),  # how much later or earlier than the step
)
ACTS = st.one_of(st.lists(PLACES, max_size=6, unique_by=lambda place: place[0]), st.sampled_from(SKUS))


SITES: Final = count()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(script=st.lists(ACTS, max_size=8))
async def test_stock_equals_a_recount_after_any_steps(
    store: Store, script: list[list[tuple[int, int, int, int]] | str]
) -> None:
    """
    Whatever positions come, in whatever order of time, and whenever products change, stock is what is there.
    """
    site = f"site-{next(SITES)}"
    await store.save_site(small_site(site))
    await store.upsert_products([{"sku": sku} for sku in SKUS])
    await _play(store, Steps(site=site), script)


async def _play(store: Store, steps: Steps, script: list[list[tuple[int, int, int, int]] | str]) -> None:
    for act in script:
        if isinstance(act, str):
            known = await rows(store, GTIN)
            others = [{"sku": sku} for sku in SKUS if sku != act]
            await store.upsert_products([*others, {"sku": act, "gtin": known[0][0] if known else None, "owner": act}])
        else:
            places = [
                Place(tag_id=tag, zone=zone, state=state, seen_us=START_US + steps.seq + shift)
                for tag, zone, state, shift in act
            ]
            result = await store.commit(steps.next(positions=positions_of(places)))
            question = "SELECT count(*) FROM position JOIN site USING (site_id) WHERE id = %s AND state = 0"
            assert [(result.tags_present,)] == await rows(store, question, steps.site)
        assert await store.recount_stock(steps.site) == []


async def test_products_bind_the_tags_that_were_there_before(store: Store) -> None:
    """
    A tag counts under its GTIN until a product has it, then under the product's SKU, and the stock moves along.
    """
    steps = Steps()
    await store.commit(steps.next(positions=positions_of([Place(tag_id=0), Place(tag_id=1, zone=1)])))
    ((gtin,),) = await rows(store, GTIN)
    assert [(gtin, 0, 1), (gtin, 1, 1)] == await rows(store, STOCK)
    assert await store.upsert_products([{"sku": "A-1", "gtin": gtin, "name": "Anvil", "unit_value": "9.50"}]) == 2
    assert await rows(store, STOCK) == [("A-1", 0, 1), ("A-1", 1, 1)]
    await store.commit(steps.next(positions=positions_of([Place(tag_id=2)])))
    assert await rows(store, STOCK) == [("A-1", 0, 2), ("A-1", 1, 1)]
    assert await store.upsert_products([{"sku": "A-1", "gtin": gtin, "name": "Anvil, small"}]) == 0


async def test_product_with_the_gtin_of_another_is_refused(store: Store) -> None:
    """
    A tag can't count for two products; nothing of the change stays.
    """
    await store.upsert_products([{"sku": "A-1", "gtin": "80614141123458"}])
    with pytest.raises(GtinTaken, match="80614141123458"):
        await store.upsert_products([{"sku": "A-2"}, {"sku": "A-3", "gtin": "80614141123458"}])
    assert await rows(store, "SELECT sku FROM product") == [("A-1",)]


async def test_stock_counts_present_tags_only(store: Store) -> None:
    """
    What left or went missing is no stock, and is again once it is seen.
    """
    steps = Steps()
    for state, expected in ((TagState.PRESENT, 1), (TagState.MISSING, 0), (TagState.PRESENT, 1), (TagState.LEFT, 0)):
        place = Place(tag_id=0, state=int(state), seen_us=START_US + steps.seq)
        await store.commit(steps.next(positions=positions_of([place])))
        assert [(expected,)] == await rows(store, "SELECT sum(quantity)::integer FROM stock_level")


async def test_shipment_says_what_may_leave_through_which_door(store: Store) -> None:
    """
    An EPC may leave through its open shipment's door, or through any where the shipment names none.
    """
    await store.create_shipment("north", "S-1", "d1", [epc_of(0).lower(), epc_of(0)])
    await store.create_shipment("north", "S-2", "", [epc_of(1)])
    index = await store.open_shipments("north")
    assert [index.shipped(epc_of(0), door) for door in ("d1", "d2")] == [True, False]
    assert [index.shipped(epc_of(1), door) for door in ("d1", "d2")] == [True, True]
    assert not index.shipped(epc_of(2), "d1")
    with pytest.raises(ShipmentExists):
        await store.create_shipment("north", "S-1", "", [])
    assert [await store.close_shipment("north", "S-1") for _ in range(2)] == [True, False]
    assert not (await store.open_shipments("north")).shipped(epc_of(0), "d1")


async def test_leaving_through_the_right_door_ticks_the_shipment_off(store: Store) -> None:
    """
    A shipment's item that leaves through the shipment's door has left; through another door it has not.
    """
    await store.create_shipment("north", "S-1", "d1", [epc_of(0), epc_of(1)])
    movements = tuple(
        Movement(
            at_us=START_US,
            tag_id=tag,
            epc=epc_of(tag),
            kind=MovementKind.LEAVE,
            from_zone=zone,
            to_zone=-1,
            read_point=3,
            confidence=0.9,
        )
        for tag, zone in ((0, 2), (1, 0))
    )
    await store.commit(Steps().next(positions=positions_of([Place(tag_id=0), Place(tag_id=1)]), movements=movements))
    found = await rows(store, "SELECT epc, left_at IS NOT NULL FROM shipment_item ORDER BY epc")
    assert [(epc_of(0), True), (epc_of(1), False)] == found
