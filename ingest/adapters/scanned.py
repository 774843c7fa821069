"""
Messages of the documented shapes become columns here without a detour over Python's objects.

Only what is known for certain to be good is taken; of anything else None is said, and the adapter reads it as it reads
everything. Both ways make the same of it, to the bit (tests/unit/test_adapter_scanned.py).
"""

from typing import Any, Final, get_args

from core.wire.records import REAL, WHOLE, Records
from core.wire.scan import Key, Shape
from ingest.adapters.decoded import DecodedReads

BLANKS: Final = b" \t\n\r"
"""White space, as JSON has it."""


def number(name: str, field: int, of: Any, **said: Any) -> Key:  # noqa: ANN401 - a type as msgspec has it; Key's fields
    """The key of a number that may be missing, within the bounds that its type tells msgspec; no times before 1970."""
    base, bounds = get_args(of)
    whole = base is int
    low = max(bounds.ge, 0) if whole else bounds.ge
    kind = WHOLE if whole else REAL
    return Key(name=name, kind=kind, field=field, low=low, high=bounds.le, nullable=True, **said)


def all_rows(shape: Shape, payload: bytes) -> Records | None:
    """Reads of a message that is one object, or a list of them, and nothing else."""
    found = shape.rows(payload, 0)
    return None if found is None or payload[found[1] :].strip(BLANKS) else found[0]


def columns_of(reads: Records) -> DecodedReads:
    """Scanned reads as an adapter gives them: one array, and a view of it a column."""
    return DecodedReads(
        raw_us=reads["raw_us"],
        antenna=reads["antenna"],
        epc_hi=reads["epc_hi"],
        epc_lo=reads["epc_lo"],
        rssi_dbm=reads["rssi_dbm"],
        phase_deg=reads["phase_deg"],
        channel_mhz=reads["channel_mhz"],
        count=reads["count"],
    )
