"""
What stands between us and a server that we start: it drops root, asks to be ended with us, and becomes the server.

Run as a script, by `tallyport.services.process`: a child that is asked for this way can't outlive a parent that was
killed, and no code of ours runs between fork and exec in a process that has threads.
"""

import ctypes
import os
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1
NO_ACCOUNT: Final = "-"


def drop_root(account: str, uid: int, gid: int) -> None:
    """Become another user, with that user's groups."""
    os.initgroups(account, gid)
    os.setgid(gid)
    os.setuid(uid)


def end_with_parent(parent: int, stop_signal: int) -> None:
    """Be sent this signal when the parent ends, however it ends. Must follow drop_root, which would undo it."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, stop_signal)
    if os.getppid() != parent:  # it ended before we had asked
        sys.exit(1)


def main(arguments: list[str]) -> None:
    """Take the arguments `signal parent account uid gid command...` and become the command."""
    stop_signal, parent, account, uid, gid, *command = arguments
    if account != NO_ACCOUNT:
        drop_root(account, int(uid), int(gid))
    end_with_parent(int(parent), int(stop_signal))
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
