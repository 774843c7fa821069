"""
What a tag's EPC says that it is on: one tag in words, or a batch of keys in columns.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from core.epc_bits import Bits, NotAnEpc
from core.epc_kernels import (
    COMPANY,
    DIGITS,
    FILTER,
    GIAI,
    GRAI,
    NO_GTIN,
    OPAQUE,
    REFERENCE,
    SCHEME,
    SERIAL,
    SGLN,
    SGTIN,
    SSCC,
    read_gtins,
    read_keys,
)
from core.epc_plus import PLUS
from core.epc_schemes import CLASSIC, Ais

__all__ = [
    "GIAI",
    "GRAI",
    "NO_GTIN",
    "OPAQUE",
    "SGLN",
    "SGTIN",
    "SSCC",
    "EpcColumns",
    "Identity",
    "decode_keys",
    "describe",
]

_HEADER_DIGITS: Final = 2
_LINK: Final = "https://id.gs1.org"
_ESCAPES: Final = str.maketrans({c: f"%{ord(c):02X}" for c in '"#%&/<>?'})
_DATA_AIS: Final = frozenset({"11", "13", "15", "16", "17", "7006", "7007"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """
    What one EPC says.

    scheme is the standard's name for its encoding, `opaque` where there is none or the bits break its rules; then
    everything else is empty. The filter value is no part of the identity: two tags that differ in it only are on
    the same thing.
    """

    scheme: str = "opaque"
    tag_uri: str = ""
    """`urn:epc:tag:...`; the "+" schemes have none."""
    identity: str = ""
    """The pure identity: `urn:epc:id:...`, or the canonical GS1 Digital Link of a "+" scheme."""
    filter: int | None = None
    ais: Ais = ()
    """GS1 application identifiers and their values, in order."""

    @property
    def element_string(self) -> str:
        """The GS1 element string, such as `(01)80614141123458(21)6789`; '' where the scheme has none."""
        return "".join(f"({ai}){value}" for ai, value in self.ais)

    @property
    def link_path(self) -> str:
        """The path of the GS1 Digital Link, such as `/01/80614141123458/21/6789`; '' where the scheme has none."""
        path = "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in self.ais if ai not in _DATA_AIS)
        query = "&".join(f"{ai}={value}" for ai, value in self.ais if ai in _DATA_AIS)
        return f"{path}?{query}" if query else path

    @property
    def gtin(self) -> str:
        """The 14 digits of the trade item, of an ITIP that of the whole; '' for all that is none."""
        facts = dict(self.ais)
        return facts.get("01") or facts.get("8006", "")[:14]

    @property
    def serial(self) -> str:
        """The serial of a trade item; '' where the scheme has none of its own."""
        return dict(self.ais).get("21", "")

    @property
    def sscc(self) -> str:
        """The 18 digits of a logistic unit; '' for all that is none."""
        return dict(self.ais).get("00", "")


_UNREAD: Final = Identity()


def describe(text: str) -> Identity:
    """Say what an EPC in hex is. Nothing is refused: what isn't understood is opaque."""
    try:
        header = int(text[:_HEADER_DIGITS], 16)
        if header in CLASSIC:
            return _classic(header, text)
        if header in PLUS:
            return _plus(header, text)
    except ValueError:  # NotAnEpc, or no hex
        return _UNREAD
    return _UNREAD


def _classic(header: int, text: str) -> Identity:
    name, pure, length, read = CLASSIC[header]
    bits = Bits(text)
    spare = bits.left - length
    if length and not 0 <= spare < 16:  # noqa: PLR2004 - readers return whole 16-bit words
        raise NotAnEpc(f"{bits.left} bits are not a {name}")
    bits.take(8)
    parts = read(bits, length)
    escaped = [part.translate(_ESCAPES) for part in parts.uri]
    named = escaped if parts.filter is None else [str(parts.filter), *escaped]
    return Identity(
        scheme=name,
        tag_uri=f"urn:epc:tag:{name}:{'.'.join(named)}",
        identity=f"urn:epc:id:{pure}:{'.'.join(escaped)}",
        filter=parts.filter,
        ais=parts.ais,
    )


def _plus(header: int, text: str) -> Identity:
    name, read = PLUS[header]
    bits = Bits(text)
    bits.take(8)
    bits.take(1)  # whether more data follow the key
    filter_value = bits.take(3)
    found = Identity(scheme=name, filter=filter_value, ais=read(bits))
    return Identity(scheme=name, filter=filter_value, ais=found.ais, identity=_LINK + found.link_path.partition("?")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class EpcColumns:
    """
    What n keys say, as far as they are of the five 96-bit schemes that a warehouse is full of.

    scheme     uint8[n]  SGTIN, SSCC, SGLN, GRAI or GIAI; OPAQUE for all else, valid or not
    filter     uint8[n]  the filter value
    digits     uint8[n]  digits of the company prefix, 6 to 12
    company    int64[n]  the company prefix as a number
    reference  int64[n]  item, unit, location, asset type or asset
    serial     int64[n]  serial or extension; 0 where the scheme has none
    gtin       int64[n]  GTIN-14 of an SGTIN as a number, NO_GTIN for all else
    """

    scheme: npt.NDArray[np.uint8]
    filter: npt.NDArray[np.uint8]
    digits: npt.NDArray[np.uint8]
    company: npt.NDArray[np.int64]
    reference: npt.NDArray[np.int64]
    serial: npt.NDArray[np.int64]
    gtin: npt.NDArray[np.int64]


def decode_keys(hi: npt.NDArray[np.uint64], lo: npt.NDArray[np.uint64]) -> EpcColumns:
    """Read a batch of EPC keys (core.columns)."""
    labels = np.empty((hi.size, 3), np.uint8)
    numbers = np.empty((hi.size, 3), np.int64)
    gtin = np.empty(hi.size, np.int64)
    read_keys(hi, lo, labels, numbers)
    read_gtins(labels, numbers, gtin)
    return EpcColumns(
        scheme=labels[:, SCHEME],
        filter=labels[:, FILTER],
        digits=labels[:, DIGITS],
        company=numbers[:, COMPANY],
        reference=numbers[:, REFERENCE],
        serial=numbers[:, SERIAL],
        gtin=gtin,
    )
