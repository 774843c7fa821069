"""
A TCP proxy that misbehaves when told to: cut, hold, slow down, slice, on one link of the service.
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Literal

from tallyport.services.process import LOOPBACK

CHUNK: Final = 1 << 16
RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER that turns a close into a reset."""

ANSWERED_S: Final = 0.1
"""How long a server gets to do what it was told, before the connection that waits for its answer is cut."""

Moment = Literal["", "before", "after"]
Sight = Callable[[bytes], Moment]
"""Looks at bytes on their way to the server: cut before they arrive, after they were obeyed, or not at all."""


class Proxy:
    """
    Stands before one server, on a thread of its own. What it does wrong is set from outside, at any time.

    delay_s    (mean, jitter) added to each chunk, order kept
    slice      bytes at most that leave in one piece; 0: as they came
    rate       bytes a second in each direction; 0: as fast as they come
    cut_at     looks at bytes to the server and says when to cut all connections
    """

    def __init__(self, port: int, seed: int) -> None:
        self.delay_s = (0.0, 0.0)
        self.slice = 0
        self.rate = 0
        self.cut_at: Sight | None = None
        self.connections = 0
        self._target = port
        self._rng = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._sockets: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._connected, LOOPBACK, 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def hold(self) -> None:
        """Let nothing through from now on, and answer nobody: a black hole. Connections stay open."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def release(self) -> None:
        """Let everything through again, first of all what was held."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    def cut(self, *, reset: bool = True) -> None:
        """End all present connections, with a reset or in order."""
        self._call(self._cut(reset=reset))

    def close(self) -> None:
        """Cut everything and end."""
        self._server.close()
        self.release()
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coro: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever it gives
        return asyncio.run_coroutine_threadsafe(coro, self._loop).result(10)

    async def _cut(self, *, reset: bool) -> None:
        for writer in list(self._sockets):
            sock: socket.socket = writer.get_extra_info("socket")
            if reset and sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.close()
        self._sockets.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._sockets.add(writer)
        await self._flowing.wait()
        try:
            there, back = await asyncio.open_connection(LOOPBACK, self._target)
        except OSError:
            writer.close()
            return
        self._sockets.add(back)
        pumps = [
            asyncio.ensure_future(self._pump(reader, back, watched=True)),
            asyncio.ensure_future(self._pump(there, writer, watched=False)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        for end in (writer, back):
            end.close()
            self._sockets.discard(end)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, watched: bool) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                await self._flowing.wait()
                moment = self.cut_at(data) if watched and self.cut_at is not None else ""
                if moment:
                    await self._cut_at(moment, data, sink)
                    return
                await self._pass(data, sink)

    async def _cut_at(self, moment: Moment, data: bytes, sink: asyncio.StreamWriter) -> None:
        self._flowing.clear()
        if moment == "after":
            await self._pass(data, sink)
            await asyncio.sleep(ANSWERED_S)
        await self._cut(reset=True)
        self._flowing.set()

    async def _pass(self, data: bytes, sink: asyncio.StreamWriter) -> None:
        mean, jitter = self.delay_s
        if mean:
            await asyncio.sleep(max(0.0, self._rng.uniform(mean - jitter, mean + jitter)))
        size = self.slice or len(data)
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            sink.write(piece)
            await sink.drain()
            if self.rate:
                await asyncio.sleep(len(piece) / self.rate)
            elif self.slice:
                await asyncio.sleep(0)


@contextmanager
def proxy_of(port: int, seed: int) -> Iterator[Proxy]:
    """A proxy for as long as the block."""
    proxy = Proxy(port, seed)
    try:
        yield proxy
    finally:
        proxy.close()
