"""
The "+" and "++" schemes of Tag Data Standard 2: GS1 keys digit by digit, serials that say how they are packed.

A "++" scheme has the name of a web host behind its key; that is no part of what the tag is, and is not looked at. Nor
are further data that may follow the key.
"""

from collections.abc import Callable
from typing import Final

from core.epc_bits import Bits, NotAnEpc, gs1_text
from core.epc_schemes import Ais, check_digit

_DATES: Final = ("11", "13", "15", "16", "17", "7006", "7007")
"""Application identifier of a DSGTIN's date, by its indicator."""
_ENDS, _TEXT_FOLLOWS = 0xF, 0xE
_KEY_MAX: Final = 30


def _checked(digits: str, checked: int) -> str:
    """The digits, if the last of the first `checked` of them is their check digit."""
    if check_digit(digits[: checked - 1]) != digits[checked - 1]:
        raise NotAnEpc(f"the check digit of {digits} is wrong")
    return digits


def _sgtin(bits: Bits) -> Ais:
    return ("01", _checked(bits.bcd(14), 14)), ("21", bits.variable_text())


def _dsgtin(bits: Bits) -> Ais:
    kind = bits.take(4)
    if kind >= len(_DATES):
        raise NotAnEpc(f"date indicator {kind} is reserved")
    date = bits.number(7, 2) + bits.number(4, 2) + bits.number(5, 2)
    return *_sgtin(bits), (_DATES[kind], date)


def _key(ai: str, digits: int) -> Callable[[Bits], Ais]:
    def read(bits: Bits) -> Ais:
        return ((ai, _checked(bits.bcd(digits), digits)),)

    return read


def _key_and_text(ai: str, digits: int) -> Callable[[Bits], Ais]:
    def read(bits: Bits) -> Ais:
        key = _checked(bits.bcd(digits), digits)
        return ((ai, key + bits.variable_text()),)

    return read


def _sgln(bits: Bits) -> Ais:
    return ("414", _checked(bits.bcd(13), 13)), ("254", bits.variable_text())


def _sgcn(bits: Bits) -> Ais:
    return (("255", _checked(bits.bcd(13), 13) + bits.variable_number()),)


def _itip(bits: Bits) -> Ais:
    return ("8006", _checked(bits.bcd(18), 14)), ("21", bits.variable_text())


def _giai(bits: Bits) -> Ais:
    return (("8004", _delimited(bits)),)


def _cpi(bits: Bits) -> Ais:
    return ("8010", _delimited(bits)), ("8011", bits.variable_number())


def _delimited(bits: Bits) -> str:
    """Digits of four bits until one that ends them, or one that says that text follows."""
    text = ""
    while (digit := bits.take(4)) < 10:  # noqa: PLR2004 - a decimal digit
        text += str(digit)
    if digit == _TEXT_FOLLOWS:
        text += bits.variable_text()
    elif digit != _ENDS:
        raise NotAnEpc(f"{digit:X} is not a digit")
    if len(text) > _KEY_MAX:
        raise NotAnEpc(f"{text} has more than {_KEY_MAX} characters")
    return gs1_text(text)


PLUS: Final[dict[int, tuple[str, Callable[[Bits], Ais]]]] = {
    0xF0: ("cpi+", _cpi),
    0xF1: ("grai+", _key_and_text("8003", 14)),
    0xF2: ("sgln+", _sgln),
    0xF3: ("itip+", _itip),
    0xF4: ("gsrn+", _key("8018", 18)),
    0xF5: ("gsrnp+", _key("8017", 18)),
    0xF6: ("gdti+", _key_and_text("253", 13)),
    0xF7: ("sgtin+", _sgtin),
    0xF8: ("sgcn+", _sgcn),
    0xF9: ("sscc+", _key("00", 18)),
    0xFA: ("giai+", _giai),
    0xFB: ("dsgtin+", _dsgtin),
    0xE6: ("cpi++", _cpi),
    0xE7: ("gsrn++", _key("8018", 18)),
    0xE8: ("gsrnp++", _key("8017", 18)),
    0xE9: ("sgln++", _sgln),
    0xEA: ("gdti++", _key_and_text("253", 13)),
    0xEB: ("grai++", _key_and_text("8003", 14)),
    0xEC: ("sgcn++", _sgcn),
    0xED: ("itip++", _itip),
    0xEE: ("giai++", _giai),
    0xEF: ("sscc++", _key("00", 18)),
    0xFC: ("dsgtin++", _dsgtin),
    0xFD: ("sgtin++", _sgtin),
}
"""Header -> the scheme's name, and how to read what follows the data toggle and the filter."""
