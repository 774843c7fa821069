"""
EPCs in other spellings than hex become hex here.
"""

import base64

from core.columns import problem
from ingest.adapters.decoded import BadMessage


def hex_of_base64(text: str) -> str:
    """Hex of bytes in base64 of either alphabet, with or without padding. Raises ValueError with what is wrong."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).hex()
    except ValueError as exc:  # binascii's own error is one
        raise ValueError(f"{text[:40]!r} is not base64") from exc


def base64_hex(text: str, place: str) -> str:
    """Read base64 as hex_of_base64 does; what is wrong comes out as BadMessage with the place."""
    try:
        return hex_of_base64(text)
    except ValueError as exc:
        raise BadMessage(f"{place}: {exc}") from exc


def checked(text: str, place: str) -> str:
    """The EPC in upper case, if it is one."""
    reason = problem(text)
    if reason:
        raise BadMessage(f"{place}: {reason}")
    return text.upper()
