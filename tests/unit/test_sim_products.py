"""The simulator's product list names the products that its tags carry."""

import numpy as np

from core.epc import describe
from firmware_sim.epcs import SKUS, gtin, sgtin, to_hex
from firmware_sim.products import products


def test_gtin_is_that_of_the_tags() -> None:
    """
    Decoding a product's tag by the standard gives the GTIN that the list has for it.
    """
    for sku in range(SKUS):
        hi, lo = sgtin(sku, np.array([5], np.uint64), case=False)

        assert gtin(sku) == describe(to_hex(int(hi[0]), int(lo[0]))).gtin


def test_products_are_told_apart_by_sku_and_gtin() -> None:
    """
    No two products share a SKU or a GTIN.
    """
    listed = list(products())

    assert SKUS == len({product.sku for product in listed}) == len({product.gtin for product in listed})
