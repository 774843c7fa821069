"""Small disks in memory, which are soon full."""

import errno
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PIECE: Final = 1 << 16


@contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of this size at a folder, which need not be there; only root can mount it."""
    folder.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes}m,mode=0755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=True)  # noqa: S603, S607
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607


def fill(file: Path) -> None:
    """Write until nothing more fits."""
    with file.open("wb", buffering=0) as balloon:
        for size in (PIECE, 512):
            _fill(balloon.write, bytes(size))


def _fill(write: object, piece: bytes) -> None:
    assert callable(write)
    while True:
        try:
            write(piece)
        except OSError as exc:
            if exc.errno != errno.ENOSPC:
                raise
            return
