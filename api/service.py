"""The web service as a process, or as a part of one."""

import asyncio
import logging
import socket
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.socket_protocol import SocketProtocol
from core.settings import Settings

log = logging.getLogger(__name__)

MESSAGE_BYTES_MAX: Final = 64 << 10
PING_S: Final = 20.0
STOPPING_S_MAX: Final = 5


def configure(app: FastAPI) -> uvicorn.Config:
    """How uvicorn serves the application, here and in tests."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    return uvicorn.Config(
        app,
        ws=SocketProtocol,
        ws_max_size=MESSAGE_BYTES_MAX,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        # The log would hold tickets, and every request; refusals are logged where they are made.
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        timeout_graceful_shutdown=STOPPING_S_MAX,
        h11_max_incomplete_event_size=32 << 10,
    )


async def run_api(settings: Settings, ready: asyncio.Future[int] | asyncio.Event | None = None) -> None:
    """
    Serve until cancelled. `ready` hears when requests are answered: an event is set, a future is given the port.
    """
    listener = listen(settings.api_host, settings.api_port)
    server = uvicorn.Server(configure(create_app(settings)))
    task = asyncio.create_task(server.serve(sockets=[listener]), name="api.serve")
    try:
        await _started(server, task)
        _tell(ready, listener.getsockname()[1])
        await asyncio.shield(task)
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
        listener.close()


async def _started(server: uvicorn.Server, task: asyncio.Task[None]) -> None:
    while not server.started:
        if task.done():
            task.result()
            raise RuntimeError("the web service ended before it had started; see the log above")
        await asyncio.sleep(0.02)


def _tell(ready: asyncio.Future[int] | asyncio.Event | None, port: int) -> None:
    if isinstance(ready, asyncio.Event):
        ready.set()
    elif ready is not None and not ready.done():
        ready.set_result(port)


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything else: if it is in use, that is the first thing to say."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    return listener
