"""
The classic EPC schemes of the Tag Data Standard, each read from its bits by Python's own numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.epc_bits import Bits, NotAnEpc

COMPANY_BITS: Final = (40, 37, 34, 30, 27, 24, 20)
"""Bits of the company prefix by partition; its digits are 12 less the partition."""
_TRADE_BITS, _PLACE_BITS, _UNIT_BITS, _ASSET_BITS = 44, 41, 58, 82
_LONGEST_COMPANY: Final = 12

Ais = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one EPC says: the parts of its URI, in order, and its GS1 application identifiers with their values."""

    filter: int | None
    uri: tuple[str, ...]
    ais: Ais = ()


Read = Callable[[Bits, int], Parts]
"""Reads what follows the header; the second value is the scheme's length in bits, 0 where it varies."""


def check_digit(digits: str) -> str:
    """The GS1 check digit: weights 3 and 1 in turn, from the right."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return str(-total % 10)


def with_check(digits: str) -> str:
    """The digits with their check digit behind them."""
    return digits + check_digit(digits)


def _partition(bits: Bits) -> int:
    partition = bits.take(3)
    if partition >= len(COMPANY_BITS):
        raise NotAnEpc("partition 7 is reserved")
    return partition


def _company(bits: Bits) -> tuple[str, int]:
    """The company prefix and its bits."""
    partition = _partition(bits)
    return bits.number(COMPANY_BITS[partition], _LONGEST_COMPANY - partition), COMPANY_BITS[partition]


def _two(bits: Bits, width: int, digits: int) -> tuple[str, str]:
    """Company prefix and a padded reference that fill `width` bits and `digits` digits between them."""
    company, used = _company(bits)
    return company, bits.number(width - used, digits - len(company))


def _sgtin(bits: Bits, length: int) -> Parts:
    filter_value = bits.take(3)
    company, item = _two(bits, _TRADE_BITS, 13)
    serial = str(bits.take(38)) if length == 96 else bits.ascii_7(140)  # noqa: PLR2004 - the scheme's own name
    gtin = with_check(item[0] + company + item[1:])
    return Parts(filter=filter_value, uri=(company, item, serial), ais=(("01", gtin), ("21", serial)))


def _sscc(bits: Bits, _: int) -> Parts:
    filter_value = bits.take(3)
    company, unit = _two(bits, _UNIT_BITS, 17)
    return Parts(filter=filter_value, uri=(company, unit), ais=(("00", with_check(unit[0] + company + unit[1:])),))


def _sgln(bits: Bits, length: int) -> Parts:
    filter_value = bits.take(3)
    company, place = _two(bits, _PLACE_BITS, 12)
    extension = str(bits.take(41)) if length == 96 else bits.ascii_7(140)  # noqa: PLR2004
    ais = (("414", with_check(company + place)), ("254", extension))
    return Parts(filter=filter_value, uri=(company, place, extension), ais=ais)


def _grai(bits: Bits, length: int) -> Parts:
    filter_value = bits.take(3)
    company, kind = _two(bits, _TRADE_BITS, 12)
    serial = str(bits.take(38)) if length == 96 else bits.ascii_7(112)  # noqa: PLR2004
    ais = (("8003", "0" + with_check(company + kind) + serial),)
    return Parts(filter=filter_value, uri=(company, kind, serial), ais=ais)


def _giai(bits: Bits, length: int) -> Parts:
    filter_value = bits.take(3)
    company, used = _company(bits)
    asset = str(bits.take(_ASSET_BITS - used)) if length == 96 else bits.ascii_7(188 - used)  # noqa: PLR2004
    return Parts(filter=filter_value, uri=(company, asset), ais=(("8004", company + asset),))


def _service(ai: str) -> Read:
    def read(bits: Bits, _: int) -> Parts:
        filter_value = bits.take(3)
        company, reference = _two(bits, _UNIT_BITS, 17)
        return Parts(filter=filter_value, uri=(company, reference), ais=((ai, with_check(company + reference)),))

    return read


def _gdti(bits: Bits, length: int) -> Parts:
    filter_value = bits.take(3)
    company, kind = _two(bits, _PLACE_BITS, 12)
    serials = {96: lambda: str(bits.take(41)), 113: lambda: bits.numeric_string(58), 174: lambda: bits.ascii_7(119)}
    serial = serials[length]()
    ais = (("253", with_check(company + kind) + serial),)
    return Parts(filter=filter_value, uri=(company, kind, serial), ais=ais)


def _sgcn(bits: Bits, _: int) -> Parts:
    filter_value = bits.take(3)
    company, coupon = _two(bits, _PLACE_BITS, 12)
    serial = bits.numeric_string(41)
    return Parts(
        filter=filter_value,
        uri=(company, coupon, serial),
        ais=(("255", with_check(company + coupon) + serial),),
    )


def _itip(bits: Bits, length: int) -> Parts:
    filter_value = bits.take(3)
    company, item = _two(bits, _TRADE_BITS, 13)
    piece, total = bits.number(7, 2), bits.number(7, 2)
    serial = str(bits.take(38)) if length == 110 else bits.ascii_7(140)  # noqa: PLR2004
    gtin = with_check(item[0] + company + item[1:])
    ais = (("8006", gtin + piece + total), ("21", serial))
    return Parts(filter=filter_value, uri=(company, item, piece, total, serial), ais=ais)


def _cpi(bits: Bits, length: int) -> Parts:
    filter_value = bits.take(3)
    company, used = _company(bits)
    if length:
        part = str(bits.take(51 - used))
        if len(part) > 15 - len(company):
            raise NotAnEpc(f"part reference {part} is too long")
        serial = str(bits.take(31))
    else:
        part = bits.ascii_6(30 - len(company))
        serial = str(bits.take(40))
    if not part or len(serial) > 12:  # noqa: PLR2004 - the standard's limit
        raise NotAnEpc("the part reference is empty, or the serial too long")
    ais = (("8010", company + part), ("8011", serial))
    return Parts(filter=filter_value, uri=(company, part, serial), ais=ais)


def _gid(bits: Bits, _: int) -> Parts:
    return Parts(filter=None, uri=(str(bits.take(28)), str(bits.take(24)), str(bits.take(36))))


def _usdod(bits: Bits, _: int) -> Parts:
    filter_value = bits.take(4)
    code = "".join(chr(bits.take(8)) for _ in range(6)).removeprefix(" ")
    return Parts(filter=filter_value, uri=(_cage(code), str(bits.take(36))))


def _adi(bits: Bits, _: int) -> Parts:
    filter_value = bits.take(6)
    codes = [bits.take(6) for _ in range(6)]
    code = "".join(chr(c if c & 0x20 else c | 0x40) for c in codes).removeprefix(" ")
    part = bits.ascii_6(32)
    serial = bits.ascii_6(30)
    if not serial:
        raise NotAnEpc("the serial is empty")
    return Parts(filter=filter_value, uri=(_cage(code), part, serial))


def _cage(code: str) -> str:
    if not (code.isascii() and code.isalnum() and len(code) in (5, 6)):
        raise NotAnEpc(f"{code!r} is not a CAGE code or DoDAAC")
    return code


CLASSIC: Final[dict[int, tuple[str, str, int, Read]]] = {
    0x2C: ("gdti-96", "gdti", 96, _gdti),
    0x2D: ("gsrn-96", "gsrn", 96, _service("8018")),
    0x2E: ("gsrnp-96", "gsrnp", 96, _service("8017")),
    0x2F: ("usdod-96", "usdod", 96, _usdod),
    0x30: ("sgtin-96", "sgtin", 96, _sgtin),
    0x31: ("sscc-96", "sscc", 96, _sscc),
    0x32: ("sgln-96", "sgln", 96, _sgln),
    0x33: ("grai-96", "grai", 96, _grai),
    0x34: ("giai-96", "giai", 96, _giai),
    0x35: ("gid-96", "gid", 96, _gid),
    0x36: ("sgtin-198", "sgtin", 198, _sgtin),
    0x37: ("grai-170", "grai", 170, _grai),
    0x38: ("giai-202", "giai", 202, _giai),
    0x39: ("sgln-195", "sgln", 195, _sgln),
    0x3A: ("gdti-113", "gdti", 113, _gdti),
    0x3B: ("adi-var", "adi", 0, _adi),
    0x3C: ("cpi-96", "cpi", 96, _cpi),
    0x3D: ("cpi-var", "cpi", 0, _cpi),
    0x3E: ("gdti-174", "gdti", 174, _gdti),
    0x3F: ("sgcn-96", "sgcn", 96, _sgcn),
    0x40: ("itip-110", "itip", 110, _itip),
    0x41: ("itip-212", "itip", 212, _itip),
}
"""Header -> the scheme's name, that of its pure identity, its length in bits (0: it varies) and how to read it."""
