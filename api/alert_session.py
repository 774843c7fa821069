"""
One client of the alert stream (docs/protocol.md): everything, in order, or a snapshot that says so.
"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from api.alert_tail import AlertTail, StreamGap
from api.auth import Buckets
from api.outbox import Outbox, TooSlow
from api.socket_entry import (
    EPOCH_GONE,
    NO_HELLO,
    NOT_UNDERSTOOD,
    TOO_MANY,
    TOO_SLOW,
    Close,
    Visitor,
    until_first,
    until_withdrawn,
)
from core.store import Store
from core.store.alert_stream import save_cursor

HELLO_S_MAX: Final = 5.0
HEARTBEAT_S: Final = 10.0
RECOVERED_MAX: Final = 5_000
"""A client that missed more than this is better served with a snapshot."""
SAVE_EVERY_S: Final = 1.0
MESSAGES_BURST: Final = 600.0
MESSAGES_PER_S: Final = 20.0

_Seq = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Resume(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the client was."""

    epoch: Annotated[str, msgspec.Meta(max_length=64)]
    seq: _Seq


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hello"):
    """The client's first word."""

    resume: Resume | None = None


class Ack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="ack"):
    """The client has everything up to here."""

    seq: _Seq


_DECODER: Final = msgspec.json.Decoder(Hello | Ack)
_Message = Hello | Ack
Kind = Literal["welcome", "reset", "heartbeat"]


class AlertSession:
    """The server's side of one connection."""

    def __init__(self, socket: WebSocket, visitor: Visitor, store: Store) -> None:
        self._socket = socket
        self._visitor = visitor
        self._store = store
        self._tail: AlertTail = visitor.hub.tail
        self._outbox = Outbox()
        self._epoch = ""
        self._seq = 0
        self._acked = 0
        self._saved = 0

    async def serve(self) -> None:
        """Serve the client until it goes, or may no longer stay."""
        try:
            await until_first(
                self._talk(),
                self._outbox.run(self._socket.send_text),
                until_withdrawn(self._visitor.admitted),
            )
        except TooSlow as exc:
            raise Close(TOO_SLOW, "too much waits to be read; resume where you are") from exc
        finally:
            await self._save()

    async def _talk(self) -> None:
        hello = await self._hello()
        await self._welcome(hello.resume)
        await until_first(self._pump(), self._beat(), self._receive(), self._save_often())

    async def _hello(self) -> Hello:
        try:
            async with asyncio.timeout(HELLO_S_MAX):
                message = await self._next()
        except TimeoutError as exc:
            raise Close(NO_HELLO, "no hello in time") from exc
        if not isinstance(message, Hello):
            raise Close(NOT_UNDERSTOOD, "hello comes first")
        return message

    async def _welcome(self, resume: Resume | None) -> None:
        self._epoch, top_seq = await self._tail.head()
        recovered = resume is not None and await self._can_recover(resume, top_seq)
        await self._say("welcome", top_seq=top_seq, recovered=recovered, heartbeat_s=HEARTBEAT_S)
        if recovered and resume is not None:
            self._seq = resume.seq
        else:
            await self._reset()

    async def _can_recover(self, resume: Resume, top_seq: int) -> bool:
        """Whether everything since then is still there: all of it, or it is not said to be recovered."""
        if resume.epoch != self._epoch or not 0 <= top_seq - resume.seq <= RECOVERED_MAX:
            return False
        try:
            return resume.seq == top_seq or bool(await self._tail.after(resume.seq))
        except StreamGap:
            return False

    async def _reset(self) -> None:
        snapshot = await self._tail.snapshot()
        self._epoch, self._seq = snapshot.epoch, snapshot.seq
        await self._say("reset", snapshot_seq=self._seq, alerts=snapshot.alerts)

    async def _pump(self) -> None:
        """Send what is new, no faster than the client reads."""
        while True:
            await self._tail.changed(self._epoch, self._seq)
            if self._tail.epoch != self._epoch:
                raise Close(EPOCH_GONE, "the alert stream began anew; start with a snapshot")
            await self._send_page()

    async def _send_page(self) -> None:
        try:
            lines = await self._tail.after(self._seq)
        except StreamGap:
            await self._reset()
            return
        for line in lines:
            await self._outbox.put(line.text)
            self._seq = line.seq

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            await self._say(
                "heartbeat", top_seq=self._tail.top_seq, at=datetime.now(UTC).isoformat().replace("+00:00", "Z")
            )

    async def _receive(self) -> None:
        budget = Buckets(MESSAGES_BURST, MESSAGES_PER_S)
        while True:
            message = await self._next()
            if not budget.take(self):
                raise Close(TOO_MANY, "too many messages")
            if not isinstance(message, Ack) or message.seq > self._seq:
                raise Close(NOT_UNDERSTOOD, "only acks of what was sent come after hello")
            self._acked = max(self._acked, message.seq)

    async def _next(self) -> _Message:
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        try:
            message: _Message = _DECODER.decode(received.get("text") or b"")
        except (msgspec.DecodeError, RecursionError) as exc:
            raise Close(NOT_UNDERSTOOD, f"not understood: {exc}") from exc
        return message

    async def _save_often(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            await self._save()

    async def _save(self) -> None:
        """Remember how far this token's reader has got."""
        if self._acked <= self._saved:
            return
        saving = self._acked
        async with self._store.connection() as conn:
            await save_cursor(conn, self._visitor.hub.site_id, self._visitor.token.token_id, saving)
        self._saved = saving

    async def _say(self, kind: Kind, **facts: Any) -> None:  # noqa: ANN401 - JSON
        epoch = {} if kind == "heartbeat" else {"epoch": self._epoch}
        await self._outbox.put(msgspec.json.encode({"type": kind, **epoch, **facts}).decode())
