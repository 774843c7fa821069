"""
Under which user a server runs, and whether that user can reach its files: PostgreSQL refuses to run as root.
"""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOTS_OWN_PLACE: Final = Path("/var/lib/tallyport")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int


def service_account() -> Account | None:
    """Whom to become: nobody else unless we are root, then `postgres` where the machine has it, else `nobody`."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def reachable(path: Path, account: Account | None) -> bool:
    """Whether this user may pass through every folder above the path."""
    if account is None:
        return True
    return all(_may_enter(folder, account) for folder in path.absolute().parents if folder.exists())


def _may_enter(folder: Path, account: Account) -> bool:
    found = folder.stat()
    if found.st_uid == account.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def reachable_home(folder: Path, account: Account | None) -> Path:
    """This folder, or where the user we become can't enter it (root's own home), one of the same name that it can."""
    if reachable(folder / "any", account):
        return folder
    return ROOTS_OWN_PLACE / hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:12]


def own(folder: Path, account: Account | None) -> None:
    """Make the folder if need be, private, and the account's."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
