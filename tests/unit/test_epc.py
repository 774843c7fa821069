"""What EPCs say, against the standard's own examples and an independent decoder."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from epcpy.epc_schemes.giai import GIAI, GIAIFilterValue
from epcpy.epc_schemes.grai import GRAI, GRAIFilterValue
from epcpy.epc_schemes.sgln import SGLN, SGLNFilterValue
from epcpy.epc_schemes.sgtin import SGTIN, SGTINFilterValue
from epcpy.epc_schemes.sscc import SSCC, SSCCFilterValue
from epcpy.utils.parsers import hex_to_tag_encodable
from hypothesis import given
from hypothesis import strategies as st

from core.epc import Identity, describe

SHARED = Path(os.environ.get("TALLYPORT_SHARED", Path(__file__).parents[3] / "shared"))
COMPANY_DIGITS = st.integers(6, 12)
SERIAL_TEXT = st.text("ABCxyz019!'()*+,-.;=_", min_size=1, max_size=16)
"""No character that URIs escape: epcpy stumbles over some of them; the vectors have those."""


def vectors(name: str) -> list[dict[str, Any]]:
    """Read one file of test vectors."""
    found: list[dict[str, Any]] = json.loads((SHARED / "vectors" / name).read_text())
    return found


@pytest.mark.parametrize("vector", vectors("epc_vectors.json"), ids=lambda v: f"{v['scheme']}-{v['hex'][:20]}")
def test_describe_classic_vector(vector: dict[str, Any]) -> None:
    """
    An encoding of Tag Data Standard 1 has the URIs and the element string that its vector says.
    """
    found = describe(vector["hex"])
    assert found.scheme == vector["scheme"]
    assert found.tag_uri == vector["tag_uri"]
    assert found.identity == vector["pure_identity"]
    assert found.element_string == vector.get("gs1_element_string", "")


@pytest.mark.parametrize("vector", vectors("epc_vectors_tds23_annexE3.json"), ids=lambda v: v["scheme"])
def test_describe_standard_example(vector: dict[str, Any]) -> None:
    """
    An example of annex E.3 has the Digital Link that the annex prints, however many zero bits a reader puts behind.
    """
    padded = vector["hex"] + "0" * (-len(vector["hex"]) % 4)
    assert describe(vector["hex"]).scheme == vector["scheme"].lower()
    assert describe(vector["hex"]).link_path == vector["gs1_digital_link_path"]
    assert describe(padded) == describe(vector["hex"])


def test_describe_sgtin_names_the_trade_item() -> None:
    """
    A GTIN has the indicator in front and its check digit behind, and the filter is no part of the identity.
    """
    item, other_filter = describe("3074257BF7194E4000001A85"), describe("3014257BF7194E4000001A85")
    assert (item.gtin, item.serial, item.sscc) == ("80614141123458", "6789", "")
    assert (item.filter, other_filter.filter) == (3, 0)
    assert item.identity == other_filter.identity


def test_describe_sscc_names_the_unit() -> None:
    """
    A pallet has an SSCC and no GTIN.
    """
    found = describe("3154257BF4499602D2000000")
    assert (found.gtin, found.sscc) == ("", "106141412345678908")


def test_describe_plus_scheme_has_link_for_identity() -> None:
    """
    A "+" scheme has no URN; its identity is the canonical Digital Link, without the date that isn't identity.
    """
    found = describe("FB342CDE795211411234538566CB0AFC4")
    assert found.identity == "https://id.gs1.org/01/79521141123453/21/32a%2Fb"
    assert found.element_string == "(01)79521141123453(21)32a/b(17)220630"


@pytest.mark.parametrize(
    "text",
    [
        "E2806894000040017790E471",  # factory tag
        "000000000000000000000000",  # not programmed
        "307C257BF7194E4000001A85",  # partition 7
        "3003FFFFFFFFFFFFFFFFFFFF",  # company prefix of 13 digits
        "3077FFFFFFFFFFFFFFFFFFFF",
        "3300393243FF750000000000",  # asset type where there are no digits for one
        "3074257BF7194E4000001A8",  # a digit short
        "3074257BF7194E4000001A85" + "0000",  # a word too many
        "3674257BF7000000000000000000000000000000000000000000",  # no serial
        "36" + "F" * 50,
        "F7379521141123463" + "8566CB0AFC4",  # wrong check digit
        "F73A95211411234538566CB0AFC4",  # not decimal
        "F7",
        "3",
        "30",
        "3B" + "0" * 60,
        "3D14257BF7" + "F" * 60,
        "2FFFFFFFFFFFFFFFFFFFFFFF",
        "FFFFFFFFFFFFFFFFFFFFFFFF",
        "3F14F4E4E612640000000001",  # numeric string without its guard
        "FB3FFFFF79521141123453856",
        "F73795211411234530",
        "F737952114112345E0",
    ],
)
def test_describe_invalid_is_opaque(text: str) -> None:
    """
    What breaks a rule of its scheme is opaque and says nothing else.
    """
    assert describe(text) == Identity()


@given(st.text("0123456789ABCDEF", min_size=2, max_size=124))
def test_describe_any_hex_never_raises(text: str) -> None:
    """
    Any hex gets an answer.
    """
    assert describe(text).scheme


@given(st.sampled_from(["30", "31", "32", "33", "34", "2C", "2D", "35", "F7", "F9"]), st.integers(0, 2**88 - 1))
def test_describe_any_known_header_never_raises(header: str, rest: int) -> None:
    """
    Any bits behind a known header get an answer, and what epcpy can read of the classic schemes is read alike.
    """
    text = f"{header}{rest:022X}"
    found = describe(text)
    if found.scheme != "opaque" and header < "F0":
        assert hex_to_tag_encodable(text).epc_uri == found.identity


def gs1(pure: str, company: str, *parts: str) -> str:
    """A pure identity URI."""
    return f"urn:epc:id:{pure}:{'.'.join([company, *parts])}"


@given(COMPANY_DIGITS, st.data())
def test_describe_reads_what_epcpy_encodes_in_96_bits(digits: int, data: st.DataObject) -> None:
    """
    SGTIN, SSCC, SGLN, GRAI and GIAI that another library wrote come back with all their leading zeros.
    """

    def number(n: int) -> str:
        return data.draw(st.text("0123456789", min_size=n, max_size=n))

    company, serial = number(digits), str(data.draw(st.integers(0, 2**38 - 1)))
    trade, unit, place = number(13 - digits), number(17 - digits), number(12 - digits)
    sgtin, sscc = SGTIN(gs1("sgtin", company, trade, serial)), SSCC(gs1("sscc", company, unit))
    sgln, grai = SGLN(gs1("sgln", company, place, serial)), GRAI(gs1("grai", company, place, serial))
    giai = GIAI(gs1("giai", company, serial))
    written = [
        (sgtin, sgtin.hex(binary_coding_scheme=SGTIN.BinaryCodingScheme.SGTIN_96, filter_value=SGTINFilterValue("3"))),
        (sscc, sscc.hex(binary_coding_scheme=SSCC.BinaryCodingScheme.SSCC_96, filter_value=SSCCFilterValue("2"))),
        (sgln, sgln.hex(binary_coding_scheme=SGLN.BinaryCodingScheme.SGLN_96, filter_value=SGLNFilterValue("0"))),
        (grai, grai.hex(binary_coding_scheme=GRAI.BinaryCodingScheme.GRAI_96, filter_value=GRAIFilterValue("0"))),
        (giai, giai.hex(binary_coding_scheme=GIAI.BinaryCodingScheme.GIAI_96, filter_value=GIAIFilterValue("0"))),
    ]
    for epc, text in written:
        found = describe(text)
        assert found.identity == epc.epc_uri
        assert found.element_string == epc.gs1_element_string()


@given(COMPANY_DIGITS, SERIAL_TEXT, st.data())
def test_describe_reads_what_epcpy_encodes_as_text(digits: int, serial: str, data: st.DataObject) -> None:
    """
    A serial of any characters that GS1 allows comes back, escaped in the URI and plain in the element string.
    """
    company = data.draw(st.text("0123456789", min_size=digits, max_size=digits))
    item = data.draw(st.text("0123456789", min_size=13 - digits, max_size=13 - digits))
    uri = gs1("sgtin", company, item, serial)
    text = SGTIN(uri).hex(binary_coding_scheme=SGTIN.BinaryCodingScheme.SGTIN_198, filter_value=SGTINFilterValue("1"))
    assert describe(text).identity == uri
    assert describe(text).serial == serial
