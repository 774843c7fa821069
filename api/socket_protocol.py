"""
A websocket's connection, as uvicorn has it, with two things more: what is laid out once for all is written as it is,
and what was closed is over soon, also where the other side reads nothing.
"""

import asyncio
import socket
import struct
from typing import Any, Final, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LINGER_S: Final = 5.0
"""What was sent before a close may take this long to be read; what is left then is thrown away."""
PUSH: Final = "tallyport.push"
"""Under this name a websocket's scope has its `push` among the extensions."""
_RESET: Final = struct.pack("ii", 1, 0)


class SocketProtocol(WebSocketsSansIOProtocol):
    """
    Uvicorn's protocol, which lets go of clients that don't read.

    Closing waits until all that was sent is read. A client that reads nothing, or a byte a second, would keep its
    connection and megabytes of buffers for ever: so once nobody serves it any more, it has LINGER_S.
    """

    async def run_asgi(self) -> None:
        """Serve the client, who can be pushed to."""
        cast("dict[str, Any]", self.scope["extensions"])[PUSH] = self.push
        await super().run_asgi()

    def push(self, wire: bytes) -> bool:
        """
        Write whole frames, as they go over the wire, at once; False where the client is too far behind, or gone.

        Sending them one client after the other by way of ASGI costs several times as much (`tallyport bench fanout`).
        """
        if not self.handshake_complete or self.close_sent or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(wire)
        return True

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
