"""
paho's client on asyncio's own sockets: no thread that could die unseen, and a socket that is not read while we rest.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from typing import ParamSpec, Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from core.counters import count
from core.errors import BrokerRefused
from core.mqtt_client import Client
from core.mqtt_session import Address

log = logging.getLogger(__name__)

P = ParamSpec("P")

PACKETS_A_TURN = 200
"""Packets read before other tasks get their turn."""
CONNACK_WAIT_S = 10.0
TRY_AGAIN = frozenset({"Server unavailable", "Server busy", "Unspecified error"})
"""Answers of a broker that is starting or ending; the others are about us and stay as they are."""
GOODBYE_WAIT_S = 1.0


class Listener(Protocol):
    """Who hears what happens on the link; everything is called on the event loop."""

    def on_message(self, message: paho.MQTTMessage) -> None:
        """Take in one message."""

    def on_down(self, reason: str) -> None:
        """Note that the connection is gone."""

    def on_suback(self, mid: int, codes: list[int]) -> None:
        """Note the broker's answer to a subscribe."""

    def on_puback(self, mid: int) -> None:
        """Note that the broker has a message of ours."""


class Link:
    """One paho client whose socket the event loop watches."""

    def __init__(self, address: Address, listener: Listener, client: Client, keepalive_s: int) -> None:
        self._address = address
        self._listener = listener
        self._client = client
        self._keepalive_s = keepalive_s
        self._loop = asyncio.get_running_loop()
        self._fd = -1
        self._resting = False
        self._taken = 0
        self._answers: list[int] = []
        """Messages that we are done with; the broker is told of all of them at once."""
        self._connack: asyncio.Future[tuple[ReasonCode, bool]] | None = None
        self._hook_up()

    def _hook_up(self) -> None:
        c = self._client
        c.on_connect = lambda _c, _u, flags, code, _p: self._on_connect(code, flags.session_present)
        c.on_disconnect = lambda _c, _u, _f, code, _p: self._guard(self._on_disconnect, str(code))
        c.on_message = lambda _c, _u, message: self._guard(self._on_message, message)
        c.on_subscribe = lambda _c, _u, mid, codes, _p: self._guard(self._listener.on_suback, mid, codes_of(codes))
        c.on_publish = lambda _c, _u, mid, _r, _p: self._guard(self._listener.on_puback, mid)
        c.on_socket_close = lambda _c, _u, _sock: self._detach()
        c.on_socket_register_write = lambda _c, _u, _sock: self._want_write()
        c.on_socket_unregister_write = lambda _c, _u, _sock: self._no_write()

    def _guard(self, callback: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Let no exception into paho: there it would end the connection's work while it still looks connected."""
        try:
            callback(*args, **kwargs)
        except Exception:
            count("mqtt.callback_errors")
            log.exception("mqtt callback failed", extra={"action": "mqtt_callback_failed"})

    async def connect(self) -> bool:
        """Connect and return whether the broker still had our session. Raises OSError, TimeoutError, BrokerRefused."""
        self._connack = self._loop.create_future()
        address = self._address
        connecting = self._loop.run_in_executor(
            None, self._client.connect, address.host, address.port, self._keepalive_s
        )
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(lambda done: done.exception() or self._client.disconnect())
            raise
        self._attach()
        try:
            async with asyncio.timeout(CONNACK_WAIT_S):
                code, session_present = await self._connack
        except TimeoutError:
            self.drop()
            raise
        if code.is_failure:
            self.drop()
            if code.getName() in TRY_AGAIN:
                raise ConnectionError(f"{address}: {code}")
            raise BrokerRefused(f"{address} refused us: {code}; check the user and password in TALLYPORT_MQTT_URL")
        return session_present

    def _attach(self) -> None:
        sock = self._client.socket()
        if sock is None:
            raise ConnectionError(f"{self._address} closed the connection at once")
        self._fd = sock.fileno()
        self._resting = False
        self._loop.add_reader(self._fd, self._readable)
        if self._client.want_write():
            self._loop.add_writer(self._fd, self._writable)

    def _detach(self) -> None:
        """Stop watching; paho is about to close the socket."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            self._fd = -1
        # On another connection the same numbers name other messages.
        self._answers.clear()

    def _want_write(self) -> None:
        # While paho connects (in another thread) nothing is attached yet; _attach looks for itself.
        if self._fd >= 0:
            self._loop.add_writer(self._fd, self._writable)

    def _no_write(self) -> None:
        if self._fd >= 0:
            self._loop.remove_writer(self._fd)

    def _readable(self) -> None:
        for _ in range(PACKETS_A_TURN):
            if self._fd < 0 or self._resting:
                return
            before = self._taken
            self._guard(self._client.loop_read)
            if self._taken == before and not self._client.has_ahead:
                return
        # paho and TLS may hold packets that the selector doesn't see, so look again rather than wait for it.
        self._loop.call_soon(self._readable)

    def _writable(self) -> None:
        self._guard(self._client.loop_write)

    def _on_connect(self, code: ReasonCode, session_present: bool) -> None:  # noqa: FBT001 - paho's word
        if self._connack is not None and not self._connack.done():
            self._connack.set_result((code, session_present))

    def _on_disconnect(self, reason: str) -> None:
        self._detach()
        if self._connack is not None and not self._connack.done():
            self._connack.set_exception(ConnectionError(f"{self._address} hung up: {reason}"))
        self._listener.on_down(reason)

    def _on_message(self, message: paho.MQTTMessage) -> None:
        self._taken += 1
        self._listener.on_message(message)

    def rest(self) -> None:
        """Stop reading the socket: TCP tells the broker to hold the rest."""
        self._resting = True
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)

    def wake(self) -> None:
        """Read the socket again."""
        self._resting = False
        if self._fd >= 0:
            self._loop.add_reader(self._fd, self._readable)
            self._loop.call_soon(self._readable)

    def tend(self) -> None:
        """Keep the connection alive; called about once a second."""
        if self._resting:
            # The answers to our pings stay unread with everything else, and paho would take that for a dead broker.
            # The broker must go on hearing from us all the same.
            self._guard(self._client._send_pingreq)  # noqa: SLF001 - paho has no public ping
        else:
            self._guard(self._client.loop_misc)

    def ack(self, mid: int) -> None:
        """Tell the broker that we are done with a message of this connection, together with others of this moment."""
        if not self._answers:
            self._loop.call_soon(self._answer)
        self._answers.append(mid)

    def _answer(self) -> None:
        if self._answers:
            self._guard(self._client.acknowledge, self._answers)
            self._answers.clear()

    def subscribe(self, filters: list[tuple[str, int]]) -> int:
        """Ask for subscriptions; the answer comes to on_suback under the id returned."""
        try:
            rc, mid = self._client.subscribe(filters)
        except ValueError as exc:
            names = ", ".join(topic for topic, _ in filters)
            raise BrokerRefused(f"{exc} One of: {names}") from exc
        if rc != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise ConnectionError(f"could not subscribe: {paho.error_string(rc)}")
        return mid

    def publish(self, topic: str, payload: bytes, qos: int, *, retain: bool) -> int:
        """Hand a message to paho and return its id."""
        return self._client.publish(topic, payload, qos, retain).mid

    @property
    def fileno(self) -> int:
        """The connection's socket as the system numbers it, -1 where there is none."""
        return self._fd

    async def say_goodbye(self) -> None:
        """
        Close the connection in order, so that the broker does not publish our will.

        Bytes that nobody has read would turn the closing into a reset, which may overtake our goodbye: so paho closes
        its own socket, and a copy of it is read until the broker has closed too.
        """
        if self._fd < 0:
            self.drop()
            return
        with socket.socket(fileno=os.dup(self._fd)) as copy, contextlib.suppress(OSError, TimeoutError):
            copy.settimeout(0)
            self.drop()
            async with asyncio.timeout(GOODBYE_WAIT_S):
                while await self._loop.sock_recv(copy, 1 << 16):
                    pass

    def drop(self) -> None:
        """Close the connection without waiting for anything."""
        self._answer()
        self._guard(self._client.disconnect)
        self._guard(self._client.loop_write)
        self._detach()


def codes_of(codes: list[ReasonCode]) -> list[int]:
    """Take the numbers of a SUBACK; 128 and above is a refusal."""
    return [int(code.value) for code in codes]
