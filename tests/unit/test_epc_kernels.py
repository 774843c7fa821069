"""The kernels that read EPC keys, against plain Python. They run compiled, and as plain Python without numba's JIT."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.columns import keys_from_hex
from core.epc import GIAI, GRAI, NO_GTIN, OPAQUE, SGLN, SGTIN, SSCC, decode_keys, describe
from core.epc_kernels import field

SCHEMES = {"sgtin-96": SGTIN, "sscc-96": SSCC, "sgln-96": SGLN, "grai-96": GRAI, "giai-96": GIAI}
RANDOM_96 = st.builds(
    lambda header, rest: f"{header:02X}{rest:022X}", st.integers(0x2F, 0x36), st.integers(0, 2**88 - 1)
)
PLAUSIBLE_96 = st.builds(  # partition 0 to 6, company prefix small enough, and the rest at random
    lambda header, partition, rest: f"{header << 88 | partition << 82 | rest:024X}",
    st.integers(0x30, 0x34),
    st.integers(0, 6),
    st.integers(0, 2**81 - 1),
)
TEXTS = st.lists(RANDOM_96 | PLAUSIBLE_96 | st.text("0123456789ABCDEF", min_size=2, max_size=40), max_size=20)

Row = tuple[int, int, int, int, int, int, int]
NOTHING: Row = (OPAQUE, 0, 0, 0, 0, 0, NO_GTIN)


def read_slowly(text: str) -> Row:
    """One key, by way of its URI: scheme, filter, digits, company, reference, serial, GTIN."""
    found = describe(text)
    if found.scheme not in SCHEMES or len(text) != 24:
        return NOTHING
    scheme = SCHEMES[found.scheme]
    parts = found.tag_uri.rpartition(":")[2].split(".")
    company = parts[1]
    reference, serial = (int(parts[2] or 0), parts[3]) if len(parts) == 4 else (int(parts[2]), "0")
    gtin = int(found.gtin) if scheme == SGTIN else NO_GTIN
    return scheme, int(parts[0]), len(company), int(company), reference, int(serial), gtin


@given(TEXTS)
def test_decode_keys_as_the_slow_path_does(texts: list[str]) -> None:
    """
    A batch of keys comes to what each EPC comes to alone, and all that isn't of the five schemes is opaque.
    """
    hi, lo, _ = keys_from_hex([*texts])
    columns = decode_keys(hi, lo)
    names = ("scheme", "filter", "digits", "company", "reference", "serial", "gtin")
    found = list(zip(*(getattr(columns, name).tolist() for name in names), strict=True))
    assert found == [read_slowly(text) for text in texts]


@given(st.integers(0, 2**128 - 1), st.integers(0, 120), st.integers(0, 63))
def test_field_as_a_shift_of_one_long_number(value: int, shift: int, width: int) -> None:
    """
    Bits that lie across the two words are those of one 128-bit number.
    """
    top, low = np.uint64(value >> 64), np.uint64(value & (2**64 - 1))
    assert field(top, low, shift, width) == value >> shift & ((1 << width) - 1)


def test_decode_keys_of_none() -> None:
    """
    No keys make no rows.
    """
    none = np.empty(0, np.uint64)
    assert decode_keys(none, none).gtin.size == 0
