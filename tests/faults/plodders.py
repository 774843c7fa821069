"""
Clients of a websocket that read a byte a second: raw sockets with next to no room, which no library would let be.
"""

import base64
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from tallyport.services.process import LOOPBACK

ROOM_BYTES: Final = 4096
EVERY_S: Final = 1.0
ESTABLISHED: Final = 1
HELLO: Final = b'{"type":"hello","resume":null}'


class Plodder:
    """One of them, let in and left alone with what comes."""

    def __init__(self, port: int, path: str, token: str, first: bytes = b"") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM_BYTES)
        self._socket.connect((LOOPBACK, port))
        self._socket.sendall(_upgrade(path, token))
        answer = self._socket.recv(12)
        assert answer == b"HTTP/1.1 101", answer
        if first:
            self._socket.sendall(_text_frame(first))

    @property
    def open(self) -> bool:
        """Whether the server still holds the connection."""
        info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
        return bool(struct.unpack("B", info)[0] == ESTABLISHED)

    def read(self) -> None:
        """Read one byte, if there is one."""
        with suppress(OSError):
            self._socket.recv(1, socket.MSG_DONTWAIT)

    def close(self) -> None:
        """Go."""
        self._socket.close()


@contextmanager
def plodding(plodders: list[Plodder]) -> Iterator[list[Plodder]]:
    """Let them read, each a byte a second, for as long as the block."""
    over = threading.Event()

    def read() -> None:
        while not over.wait(EVERY_S):
            for plodder in plodders:
                plodder.read()

    thread = threading.Thread(target=read, name="plodders")
    thread.start()
    try:
        yield plodders
    finally:
        over.set()
        thread.join()
        for plodder in plodders:
            plodder.close()


def _upgrade(path: str, token: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {LOOPBACK}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        f"Authorization: Bearer {token}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _text_frame(text: bytes) -> bytes:
    """A short text frame; a client's is masked, here with noughts."""
    return bytes((0x81, 0x80 | len(text))) + bytes(4) + text
