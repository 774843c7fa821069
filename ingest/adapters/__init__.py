"""The vendors' words, one file a vendor; each makes the same columns of them."""

from typing import Final

from core.site import ReaderFormat
from ingest.adapters import impinj, mapped, native, zebra
from ingest.adapters.decoded import MESSAGE_BYTES_MAX, Adapter, BadMessage, Decoded, DecodedReads, Message
from ingest.adapters.happenings import SINCE_BOOT
from ingest.adapters.mapping import check_hints, check_mapping

__all__ = [
    "ADAPTERS",
    "MESSAGE_BYTES_MAX",
    "SINCE_BOOT",
    "Adapter",
    "BadMessage",
    "Decoded",
    "DecodedReads",
    "Message",
    "check_hints",
    "check_mapping",
]

ADAPTERS: Final[dict[ReaderFormat, Adapter]] = {
    ReaderFormat.NATIVE: native.decode,
    ReaderFormat.ZEBRA: zebra.decode,
    ReaderFormat.IMPINJ: impinj.decode,
    ReaderFormat.MAPPED: mapped.decode,
}
