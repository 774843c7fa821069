"""Where the recorded data lies."""

import csv
import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from core.errors import TallyportError

VARIABLE: Final = "TALLYPORT_DATA"
BESIDE_US: Final = Path(__file__).parents[3] / "shared" / "data"


class NoData(TallyportError):
    """Recorded data is not where it was looked for; the message says where, and how to say another place."""


def data_folder(name: str) -> Path:
    """Find the folder of one data set, in TALLYPORT_DATA or else in shared/data beside the repository."""
    root = Path(os.environ.get(VARIABLE, BESIDE_US))
    if not (root / name).is_dir():
        raise NoData(f"no recordings in {root / name}: set {VARIABLE} to the folder that has {name} in it")
    return root / name


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Read a CSV file with a header, gzipped or not. Raises NoData where it is missing."""
    if not path.is_file():
        raise NoData(f"no file {path}: the set is incomplete, fetch it anew or set {VARIABLE} to another copy")
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    else:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
