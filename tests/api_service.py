"""
The web service as its users meet it: a real server on a real port, with a real database behind it.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api.app import create_app
from api.auth import Rates
from api.service import configure, listen
from core.live import LiveFrame, decode
from core.settings import Settings
from core.store import Store
from core.store.tokens import Role, Token, create_token
from tests.store_steps import Steps

GENEROUS = Rates(burst=1e6, per_s=1e6, failures_burst=1e6, failures_per_s=1e6)
WAIT_S = 10.0


@dataclass
class Api:
    """A running service, the store behind it, and a token of each role."""

    port: int
    app: FastAPI
    store: Store
    steps: Steps = field(default_factory=Steps)
    tokens: dict[Role, tuple[Token, str]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, role: Role | None = Role.ADMIN, text: str = "") -> httpx.AsyncClient:
        """An HTTP client with the token of a role, with another token, or with none."""
        token = text or (self.tokens[role][1] if role else "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=WAIT_S)

    async def get(
        self, path: str, params: Mapping[str, str | int] | None = None, *, role: Role | None = Role.ADMIN
    ) -> httpx.Response:
        """The answer to a GET."""
        async with self.client(role) as client:
            return await client.get(path, params=params)

    async def post(self, path: str, body: object = None, role: Role | None = Role.ADMIN) -> httpx.Response:
        """The answer to a POST of JSON."""
        async with self.client(role) as client:
            return await client.post(path, json=body)

    def socket(self, name: str, *, role: Role | None = Role.VIEWER, **options: Any) -> connect:  # noqa: ANN401
        """A websocket of a site, opened with a token in the header unless the options say otherwise."""
        query = options.pop("query", "site=north")
        if role is not None:
            options["additional_headers"] = {"Authorization": f"Bearer {self.tokens[role][1]}"}
        options.setdefault("max_size", None)
        options.setdefault("compression", None)
        return connect(f"ws://127.0.0.1:{self.port}/ws/v1/{name}?{query}", **options)

    async def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """The answer of the database."""
        async with self.store.connection() as conn:
            cursor = await conn.execute(question, values)
            return await cursor.fetchall() if cursor.description else []


@contextlib.asynccontextmanager
async def running_api(store: Store, settings: Settings, rates: Rates = GENEROUS) -> AsyncIterator[Api]:
    """Serve until the block ends, with a token of each role for all sites."""
    app = create_app(settings, rates)
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(configure(app))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started or task.done())
    api = Api(port=listener.getsockname()[1], app=app, store=store)
    async with store.connection() as conn:
        for role in Role:
            api.tokens[role] = await create_token(conn, name=f"test {role}", role=role)
    try:
        await until(lambda: app.state.hubs.looked)
        yield api
    finally:
        server.should_exit = True
        await asyncio.wait({task}, timeout=60)
        task.result()
        listener.close()


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that is about to be so."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110 - conditions of many kinds, none with an event
            await asyncio.sleep(0.01)


async def next_frame(socket: ClientConnection) -> LiveFrame:
    """The next live frame."""
    async with asyncio.timeout(WAIT_S):
        data = await socket.recv()
    assert isinstance(data, bytes)
    return decode(data)


async def next_message(socket: ClientConnection) -> dict[str, Any]:
    """The next message of the alert stream that is not a heartbeat."""
    async with asyncio.timeout(WAIT_S):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] != "heartbeat":
                return message


async def close_code(socket: ClientConnection) -> int:
    """The code with which the server closes."""
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(WAIT_S):
            while True:
                await socket.recv()
    assert socket.close_code is not None
    return socket.close_code
