"""
How a websocket is let in: its origin before anything else, then who it is, then whether the site is theirs.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from api.access import known_site
from api.auth import Doorkeeper, check_may, check_site
from api.hub import Hub, Hubs
from api.problem import Problem, not_signed_in
from api.roles import Act
from api.watch import Pass, TooManySockets, Watch
from core.errors import StoreUnavailable
from core.store import Store
from core.store.tokens import Token, redeem_ticket

NOT_SIGNED_IN: Final = 4401
NOT_THIS_SITE: Final = 4403
NO_SUCH_SITE: Final = 4404
NO_HELLO: Final = 4408
TOO_SLOW: Final = 4409
EPOCH_GONE: Final = 4410
TOO_MANY: Final = 4429
NOT_UNDERSTOOD: Final = 1003
TRY_AGAIN_LATER: Final = 1013
CLOSING_S_MAX: Final = 2.0


class Close(Exception):
    """The socket is to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody let in: who, where, and for how long."""

    token: Token
    admitted: Pass
    hub: Hub


@asynccontextmanager
async def let_in(socket: WebSocket, site: str) -> AsyncIterator[Visitor]:
    """Open the socket for a visitor; whatever ends the block closes it with the right code."""
    if not origin_is_ours(socket):
        await socket.close()  # before accept: the handshake itself is refused, with 403
        raise Refused
    # Accepted before the rest: a browser never sees why a handshake was refused, but it sees a close code.
    await socket.accept()
    watch: Watch = socket.app.state.watch
    try:
        token, hub = await _identify(socket, site)
        with watch.admitted(token.token_id) as admitted:
            yield Visitor(token=token, admitted=admitted, hub=hub)
    except TooManySockets as exc:
        await close(socket, TOO_MANY, "this token has too many sockets open")
        raise Refused from exc
    except Close as exc:
        await close(socket, exc.code, exc.reason)
        raise Refused from exc
    except StoreUnavailable as exc:
        await close(socket, TRY_AGAIN_LATER, "the database is away")
        raise Refused from exc
    except WebSocketDisconnect as exc:
        raise Refused from exc


class Refused(Exception):
    """The visitor was not let in, or may not stay, and has been told; or has gone."""


def origin_is_ours(socket: WebSocket) -> bool:
    """Whether a browser's page of ours asks; without an origin it is no browser, and needs a token in its header."""
    origin = socket.headers.get("origin")
    if origin is None:
        return "authorization" in socket.headers
    if origin in socket.app.state.settings.allowed_origins:
        return True
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc == socket.headers.get("host")


async def _identify(socket: WebSocket, site: str) -> tuple[Token, Hub]:
    """Find out who it is, and whether the site is theirs; raises Close."""
    code = NOT_SIGNED_IN
    try:
        token = await _token(socket, site)
        code = NOT_THIS_SITE
        check_may(token, Act.READ)
        check_site(token, site)
        code = NO_SUCH_SITE
        hubs: Hubs = socket.app.state.hubs
        return token, hubs.hub(site, await known_site(socket.app.state, site))
    except Problem as exc:
        raise Close(code, exc.detail) from exc


async def _token(socket: WebSocket, site: str) -> Token:
    """Find the token behind the ticket or the header; raises Problem 401."""
    ticket = socket.query_params.get("ticket")
    if ticket is None:
        doorkeeper: Doorkeeper = socket.app.state.doorkeeper
        return await doorkeeper.admit(socket)
    store: Store = socket.app.state.store
    async with store.connection() as conn:
        token = await redeem_ticket(conn, ticket, site=site, origin=socket.headers.get("origin", ""))
    if token is None or not token.opens(datetime.now(UTC)):
        raise not_signed_in("this ticket is used, too old, or for another site or origin; ask for a new one")
    return token


async def close(socket: WebSocket, code: int, reason: str) -> None:
    """Close, if the other side still listens; a reason is at most 123 bytes."""
    with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(CLOSING_S_MAX):
            await socket.close(code, reason[:100])


async def until_first(*works: Coroutine[Any, Any, None]) -> None:
    """Run works side by side until the first ends or fails; its failure is ours."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until_withdrawn(admitted: Pass) -> None:
    """Wait until the token no longer holds."""
    await admitted.ended.wait()
    raise Close(NOT_SIGNED_IN, "the token was revoked or has run out")
