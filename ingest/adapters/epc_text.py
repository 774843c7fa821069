"""
EPCs in other spellings than hex become hex here.
"""

import base64
import binascii

from core.columns import problem
from ingest.adapters.decoded import BadMessage


def base64_hex(text: str, place: str) -> str:
    """Hex of bytes in base64 of either alphabet, with or without padding."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).hex()
    except (binascii.Error, ValueError) as exc:
        raise BadMessage(f"{place}: {text[:40]!r} is not base64") from exc


def checked(text: str, place: str) -> str:
    """The EPC in upper case, if it is one."""
    reason = problem(text)
    if reason:
        raise BadMessage(f"{place}: {reason}")
    return text.upper()
