"""
A websocket's connection is really over soon after it was closed, also where the other side reads nothing.
"""

import asyncio
import socket
import struct
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LINGER_S: Final = 5.0
"""What was sent before a close may take this long to be read; what is left then is thrown away."""
_RESET: Final = struct.pack("ii", 1, 0)


class SocketProtocol(WebSocketsSansIOProtocol):
    """
    Uvicorn's protocol, which lets go of clients that don't read.

    Closing waits until all that was sent is read. A client that reads nothing, or a byte a second, would keep its
    connection and megabytes of buffers for ever: so once nobody serves it any more, it has LINGER_S.
    """

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The client is no longer served."""
        super().on_task_complete(task)
        self._let_go_soon()

    def keepalive_timeout(self) -> None:
        """A ping was not answered."""
        super().keepalive_timeout()
        if self.transport.is_closing():
            self._let_go_soon()

    def _let_go_soon(self) -> None:
        self.loop.call_later(LINGER_S, _reset, self.transport)


def _reset(transport: asyncio.Transport) -> None:
    """End a connection that is not over yet, and tell the other side's kernel at once."""
    raw: Any = transport.get_extra_info("socket")
    if raw is None or raw.fileno() < 0:
        return
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
