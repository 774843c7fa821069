"""EPC hex and the 128-bit keys that stand for it."""

from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.columns import hex_from_key, hexes_from_keys, key_of, keys_from_bits, keys_from_hex, parse_keys

HEX = st.text("0123456789ABCDEF", min_size=2, max_size=124)
SAME_LENGTH = st.integers(1, 20).flatmap(
    lambda half: st.lists(st.text("0123456789ABCDEFabcdef", min_size=2 * half, max_size=2 * half), max_size=10)
)


@given(st.lists(HEX, max_size=10) | SAME_LENGTH)
def test_keys_give_their_text_back_in_upper_case(texts: list[str]) -> None:
    """
    Any EPC of up to 496 bits, with leading zeros and odd digit counts, survives the way to a key and back.
    """
    hi, lo, long = keys_from_hex([*texts])
    assert hexes_from_keys(hi, lo, long) == [text.upper() for text in texts]
    assert list(zip(hi.tolist(), lo.tolist(), strict=True)) == [key_of(text.upper()) for text in texts]


@given(st.lists(HEX, unique=True, max_size=20))
def test_keys_of_different_texts_differ(texts: list[str]) -> None:
    """
    Two EPCs have two keys, even where one has only more leading zeros.
    """
    hi, lo, _ = keys_from_hex([*texts])
    assert len(set(zip(hi.tolist(), lo.tolist(), strict=True))) == len(texts)


def test_key_has_digit_count_on_top() -> None:
    """
    Up to 112 bits the key is the EPC itself behind the count of its digits.
    """
    assert key_of("3074257BF7194E4000001A85") == (0x18000000_3074257B, 0xF7194E4000001A85)
    assert key_of("0A") == (2 << 56, 10)


def test_key_of_long_epc_is_its_hash() -> None:
    """
    A longer EPC has 0xFF and 120 bits of blake2b-128 for a key.
    """
    text = "36" + "A" * 50
    hi, lo = key_of(text)
    assert (hi << 64 | lo).to_bytes(16) == b"\xff" + blake2b(text.encode(), digest_size=16).digest()[:15]
    assert hex_from_key(hi, lo, {(hi, lo): text}) == text


def test_keys_from_hex_takes_bytes() -> None:
    """
    Bytes and text of either case have the same key.
    """
    hi, lo, _ = keys_from_hex([b"abcd", "ABCD"])
    assert hi[0] == hi[1]
    assert lo[0] == lo[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("XYZ", "'XYZ' is not hex"),
        ("12 4", "'12 4' is not hex"),
        ("١٢", "'١٢' is not hex"),
        ("1\x00", "'1\\x00' is not hex"),
        ("A", "has 1 hex digits; an EPC has 2 to 124"),
        ("A" * 125, "has 125 hex digits; an EPC has 2 to 124"),
    ],
)
@pytest.mark.parametrize("beside", ["ABCD", "12 4", "ABC"])
def test_parse_keys_bad_text_is_named_and_others_are_kept(text: str, reason: str, beside: str) -> None:
    """
    What is no EPC is left at 0 with its reason; its neighbours have their keys.
    """
    keys = parse_keys(["ABCD", text, beside])
    assert keys.bad[1] == reason
    assert (int(keys.hi[0]), int(keys.lo[0])) == key_of("ABCD")
    with pytest.raises(ValueError, match="EPC 1 "):
        keys_from_hex(["ABCD", text, beside])


@given(st.lists(st.tuples(st.integers(0, 2**128 - 1), st.integers(2, 32)), max_size=10))
def test_keys_from_bits_as_from_hex(epcs: list[tuple[int, int]]) -> None:
    """
    An EPC in binary has the key of its hex, and what lies behind its last bit doesn't matter.
    """
    texts = [f"{value:032X}"[:digits] for value, digits in epcs]
    first = np.array([value >> 64 for value, _ in epcs], np.uint64)
    second = np.array([value & (2**64 - 1) for value, _ in epcs], np.uint64)
    hi, lo, long = keys_from_bits(first, second, np.array([4 * digits for _, digits in epcs], np.uint16))
    assert hexes_from_keys(hi, lo, long) == texts
    assert list(zip(hi.tolist(), lo.tolist(), strict=True)) == [key_of(text) for text in texts]
