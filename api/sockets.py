"""The two websockets: where everything is, and what needs a person."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket

from api.alert_session import AlertSession
from api.live_session import serve_live
from api.socket_entry import Refused, let_in

router = APIRouter()
SocketSite = Annotated[str, Query(max_length=63)]


@router.websocket("/ws/v1/live")
async def live(socket: WebSocket, site: SocketSite = "") -> None:
    """Serve positions: a snapshot, then deltas."""
    with suppress(Refused):
        async with let_in(socket, site) as visitor:
            await serve_live(socket, visitor)


@router.websocket("/ws/v1/alerts")
async def alerts(socket: WebSocket, site: SocketSite = "") -> None:
    """Serve alerts: resumable, in order."""
    with suppress(Refused):
        async with let_in(socket, site) as visitor:
            await AlertSession(socket, visitor, socket.app.state.store).serve()
