"""The engine's state as bytes, and back: npz without pickle."""

import io
import json
import zipfile
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.errors import TallyportError

VERSION: Final = 10

Arrays = dict[str, npt.NDArray[Any]]


class CheckpointUnreadable(TallyportError):
    """A checkpoint is damaged or of another version; use an older one, or rebuild from the stored reads."""


def pack(arrays: Arrays, facts: dict[str, Any]) -> bytes:
    """Write arrays and a few facts as bytes."""
    buffer = io.BytesIO()
    head = np.frombuffer(json.dumps({"version": VERSION, **facts}).encode(), np.uint8)
    np.savez(buffer, allow_pickle=False, facts=head, **arrays)
    return buffer.getvalue()


def taught_in(body: bytes) -> int:
    """Which calibration the engine went by when it wrote this; 0 for none."""
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as stored:
            return int(json.loads(stored["facts"].tobytes())["taught"])
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile):
        return 0  # whoever reads the rest will say what is wrong with it


def unpack(body: bytes) -> tuple[Arrays, dict[str, Any]]:
    """Read back what pack wrote."""
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        facts = json.loads(arrays.pop("facts").tobytes())
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as exc:
        raise CheckpointUnreadable(f"a checkpoint of {len(body)} bytes is damaged: {exc}; use an older one") from exc
    if facts.get("version") != VERSION:
        raise CheckpointUnreadable(
            f"a checkpoint has version {facts.get('version')} and this program reads {VERSION}; "
            "rebuild from the stored reads"
        )
    return arrays, facts
