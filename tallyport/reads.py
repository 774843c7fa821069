"""READS.csv: recorded reads, in our units."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.model.columns import NO_ANTENNA, NO_CHANNEL_MHZ, NO_PHASE_DEG, UNHEARD_DBM
from core.site import Site
from tallyport.score.tables import Row, stream_table

WANTED: Final = ("time", "reader", "antenna", "epc", "rssi")
EPC_BITS_MAX: Final = 496


@dataclass(frozen=True, slots=True)
class RecordedRead:
    """One line of the file."""

    seen_us: int
    read_point: int
    epc: str
    rssi_dbm: float
    phase_deg: float
    channel_mhz: float


def read_reads(path: Path, site: Site) -> Iterator[RecordedRead]:
    """Read the file line by line. Raises BadTable, which names the line and what to write."""
    for row in stream_table(path, WANTED):
        yield _read(row, site)


def _read(row: Row, site: Site) -> RecordedRead:
    reader, antenna = row.some("reader"), row.number("antenna")
    port = NO_ANTENNA if antenna is None else int(antenna)
    point = site.read_point_index.get((reader, port), site.read_point_index.get((reader, NO_ANTENNA)))
    if point is None:
        raise row.bad(f"reader {reader!r} is not in the site file; its readers are {', '.join(site.reader_index)}")
    return RecordedRead(
        seen_us=row.micros("time"),
        read_point=point,
        epc=_epc(row),
        rssi_dbm=_or(row.number("rssi"), UNHEARD_DBM),
        phase_deg=_or(row.number("phase"), NO_PHASE_DEG),
        channel_mhz=_or(row.number("channel"), NO_CHANNEL_MHZ),
    )


def _epc(row: Row) -> str:
    epc = row.epc()
    try:
        n_bits = 4 * len(epc) if int(epc, 16) >= 0 else 0
    except ValueError:
        n_bits = 0
    if not 0 < n_bits <= EPC_BITS_MAX:
        raise row.bad(f"epc {epc[:40]!r} is no hexadecimal number of at most {EPC_BITS_MAX} bits")
    return epc


def _or(value: float | None, sentinel: float | np.float32) -> float:
    return float(sentinel if value is None else value)
