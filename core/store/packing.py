"""
numpy columns become the body of a binary COPY here, and a binary COPY becomes numpy columns again.

All columns have a fixed width and none is NULL, so a whole body is one array of records: one pass, one write.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.store.connection import Connection
from core.store.times import POSTGRES_EPOCH_US

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"

Column = tuple[str, npt.NDArray[Any]]
"""The type of the column in the database, one of PG_DTYPES, and its values."""

PG_DTYPES: Final = {
    "bigint": ">i8",
    "integer": ">i4",
    "smallint": ">i2",
    "real": ">f4",
    "timestamptz": ">i8",  # microseconds, from 2000
}


def record_dtype(types: Sequence[str]) -> np.dtype[np.void]:
    """One row of a binary COPY: the number of fields, then each field's length and value."""
    fields = [("fields", ">i2")]
    for i, name in enumerate(types):
        fields += [(f"length_{i}", ">i4"), (f"value_{i}", PG_DTYPES[name])]
    return np.dtype(fields)


def pack(columns: Sequence[Column]) -> bytes:
    """Lay columns of one length out as the body of a binary COPY."""
    dtype = record_dtype([name for name, _ in columns])
    records = np.empty(columns[0][1].size, dtype)
    records["fields"] = len(columns)
    for i, (name, values) in enumerate(columns):
        assert values.size == records.size
        records[f"length_{i}"] = dtype[f"value_{i}"].itemsize
        records[f"value_{i}"] = values - POSTGRES_EPOCH_US if name == "timestamptz" else values
    return b"".join((HEADER, records.tobytes(), TRAILER))


def unpack(body: bytes, types: Sequence[str]) -> list[npt.NDArray[Any]]:
    """Read whole records (no header, no trailer) back into columns in this machine's byte order."""
    records = np.frombuffer(body, record_dtype(types))
    columns = []
    for i, name in enumerate(types):
        values = records[f"value_{i}"].astype(np.dtype(PG_DTYPES[name]).newbyteorder("="))
        columns.append(values + POSTGRES_EPOCH_US if name == "timestamptz" else values)
    return columns


async def copy_columns(conn: Connection, statement: str, columns: Sequence[Column]) -> None:
    """Write columns with one binary COPY in one piece."""
    async with conn.cursor().copy(statement) as copy:
        await copy.write(pack(columns))
