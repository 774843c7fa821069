"""
The bits of an EPC, read from the left, and the ways in which the Tag Data Standard packs text into them.
"""

import re
from typing import Final

_GS1_TEXT: Final = re.compile(r"[!%-?A-Z_a-z\"]+")
"""What a GS1 serial may hold (GS1 General Specifications, figure 7.11-1)."""
_BASE64_URL: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_CODE_40: Final = " ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789"


class NotAnEpc(ValueError):
    """The bits break a rule of their scheme: the tag is tracked as opaque."""


class Bits:
    """A run of bits with a reading position."""

    def __init__(self, text: str) -> None:
        self._value = int(text, 16)
        self._left = 4 * len(text)

    @property
    def left(self) -> int:
        """How many bits have not been read."""
        return self._left

    def take(self, width: int) -> int:
        """The next bits as a number."""
        if width > self._left:
            raise NotAnEpc(f"{width} bits are asked for where {self._left} are left")
        self._left -= width
        return self._value >> self._left & ((1 << width) - 1)

    def number(self, width: int, digits: int) -> str:
        """The next bits as so many decimal digits, with leading zeros."""
        value = self.take(width)
        if value >= 10**digits:
            raise NotAnEpc(f"{value} has more than {digits} digits")
        return f"{value:0{digits}}" if digits else ""

    def bcd(self, digits: int) -> str:
        """So many digits of four bits each."""
        text = f"{self.take(4 * digits):0{digits}X}"
        if not text.isdecimal():
            raise NotAnEpc(f"{text} is not decimal")
        return text

    def ascii_7(self, width: int) -> str:
        """Text of seven bits a character that fills a field of this width, with zeros behind it."""
        raw = [self.take(7) for _ in range(width // 7)]
        self.take(width % 7)
        text = "".join(map(chr, raw)).rstrip("\0")
        return gs1_text(text)

    def ascii_6(self, most: int) -> str:
        """Text of six bits a character that ends at six zeros."""
        text = ""
        while code := self.take(6):
            text += chr(code if code & 0x20 else code | 0x40)
            if len(text) > most:
                raise NotAnEpc(f"{text} has more than {most} characters")
        return text

    def numeric_string(self, width: int) -> str:
        """Digits, leading zeros and all, behind a 1 that guards them."""
        text = str(self.take(width))
        if not text.startswith("1") or len(text) == 1:
            raise NotAnEpc(f"{text} does not begin with the guard digit 1")
        return text[1:]

    def variable_text(self) -> str:
        """Text that says itself how it is packed and how long it is (Tag Data Standard 2, encoding indicator)."""
        packing = self.take(3)
        length = self.take(5)
        return gs1_text(_unpack(self, packing, length))

    def variable_number(self) -> str:
        """Digits behind a length of four bits."""
        return _integer(self, self.take(4))


def gs1_text(text: str) -> str:
    """The text, if GS1 allows it as a serial."""
    if not _GS1_TEXT.fullmatch(text):
        raise NotAnEpc(f"{text!r} is not what a serial may hold")
    return text


def integer_bits(digits: int) -> int:
    """How many bits hold any number of so many digits."""
    highest: int = 10**digits - 1
    return highest.bit_length()


def _integer(bits: Bits, length: int) -> str:
    text = str(bits.take(integer_bits(length))) if length else ""
    if len(text) != length:
        raise NotAnEpc(f"{text} has not the {length} digits it says")
    return text


def _unpack(bits: Bits, packing: int, length: int) -> str:
    if packing == 0:
        return _integer(bits, length)
    if packing in (1, 2):
        text = f"{bits.take(4 * length):0{length}X}"
        return text if packing == 1 else text.lower()
    if packing == 3:  # noqa: PLR2004 - the encoding indicators are numbers of the standard
        return "".join(_BASE64_URL[bits.take(6)] for _ in range(length))
    if packing == 4:  # noqa: PLR2004
        return "".join(chr(bits.take(7)) for _ in range(length))
    if packing == 5:  # noqa: PLR2004
        return _code_40(bits, length)
    raise NotAnEpc(f"encoding indicator {packing} is reserved")


def _code_40(bits: Bits, length: int) -> str:
    text = ""
    for _ in range(-(-length // 3)):
        value = bits.take(16) - 1
        if not 0 <= value < 40**3:
            raise NotAnEpc("three characters are packed outside of URN code 40")
        text += _CODE_40[value // 1600] + _CODE_40[value // 40 % 40] + _CODE_40[value % 40]
    return text[:length]
