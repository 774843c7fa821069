"""
Readers' connections to a broker: one MQTT session each, at QoS 1, counting what the broker has confirmed.
"""

import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from firmware_sim.outgoing import Firmware, Outgoing
from firmware_sim.station import Link, Told

CONNECT_S: Final = 10.0
IN_FLIGHT_MAX: Final = 200
QUEUED_MAX: Final = 50_000
"""Messages that a connection holds while the broker is away; past it they are lost and counted."""
Command = tuple[str, bytes]


class BrokerUnreachable(ConnectionError):
    """The broker doesn't answer."""

    def __init__(self, url: str, cause: object) -> None:
        super().__init__(f"no MQTT broker answers at {url} ({cause}): start one, or give another --mqtt")


@dataclass(slots=True)
class Session:
    """One reader's connection."""

    reader: str
    make: Callable[[], mqtt.Client]
    client: mqtt.Client
    acked: deque[int] = field(default_factory=deque)
    """Message numbers that the broker has confirmed; filled by paho's thread."""
    pending: dict[int, int] = field(default_factory=dict)
    """Message number -> reads in it."""
    up: bool = False


class Fleet:
    """All readers' sessions with one broker."""

    def __init__(self, url: str, firmwares: list[Firmware], site_id: str) -> None:
        self.url = url
        parts = urlsplit(url if "://" in url else f"mqtt://{url}")
        self._host, self._port = parts.hostname or "localhost", parts.port or 1883
        self._user = None if parts.username is None else unquote(parts.username)
        self._password = None if parts.password is None else unquote(parts.password)
        self._commands: deque[Command] = deque()
        self._sessions = {f.plan.id: self._session(f, site_id) for f in firmwares}
        self.sent = 0
        self.acked = 0
        self.not_sent = 0
        self.reads_acked: Counter[str] = Counter()
        self.reads_sent: Counter[str] = Counter()

    def _session(self, firmware: Firmware, site_id: str) -> Session:
        make = partial(self._client, firmware, site_id)
        return Session(firmware.plan.id, make, make())

    def _client(self, firmware: Firmware, site_id: str) -> mqtt.Client:
        """Make a client for one connection: paho's don't survive a plug that is pulled and put back."""
        reader = firmware.plan.id
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"sim-{site_id}-{reader}")
        client.username_pw_set(self._user, self._password)
        client.max_inflight_messages_set(IN_FLIGHT_MAX)
        client.max_queued_messages_set(QUEUED_MAX)
        client.reconnect_delay_set(1, 5)
        will = firmware.will()
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        topic = firmware.command_topic()

        def subscribe(client: mqtt.Client, *_: object) -> None:
            if topic:
                client.subscribe(topic, qos=1)

        def acknowledged(_client: mqtt.Client, _data: object, mid: int, *_: object) -> None:
            self._sessions[reader].acked.append(mid)

        def commanded(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
            self._commands.append((reader, bytes(message.payload)))

        client.on_connect = subscribe
        client.on_publish = acknowledged
        client.on_message = commanded
        return client

    def send(self, told: list[Told]) -> None:
        """Publish messages, and break or make connections, in this order."""
        for one in told:
            if isinstance(one, Link):
                self._link(self._sessions[one.reader], up=one.up)
            else:
                self._publish(one)

    def _publish(self, message: Outgoing) -> None:
        session = self._sessions[message.reader]
        info = session.client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            self.not_sent += 1
            return
        session.pending[info.mid] = message.reads
        self.sent += 1
        self.reads_sent[message.reader] += message.reads

    def _link(self, session: Session, *, up: bool) -> None:
        if up == session.up:
            return
        session.up = up
        if not up:
            self._drop(session)
            return
        try:
            session.client.connect(self._host, self._port, keepalive=15)
        except (OSError, ValueError) as exc:
            raise BrokerUnreachable(self.url, exc) from exc
        session.client.loop_start()
        deadline = time.monotonic() + CONNECT_S
        while not session.client.is_connected():
            if time.monotonic() > deadline:
                raise BrokerUnreachable(self.url, "no CONNACK; are user and password right?")
            time.sleep(0.002)

    def _drop(self, session: Session) -> None:
        """Break the connection as a pulled plug does, without a word: the broker publishes the last will."""
        self._wait([session], CONNECT_S)
        session.client.loop_stop()
        socket: Any = session.client.socket()
        if socket is not None:
            with contextlib.suppress(OSError):
                socket.close()
        session.pending.clear()
        session.acked.clear()
        session.client = session.make()

    def collect(self) -> list[Command]:
        """Count what has been confirmed since; give the commands that have come in: (reader, payload)."""
        for session in self._sessions.values():
            while session.acked:
                reads = session.pending.pop(session.acked.popleft(), None)
                if reads is not None:
                    self.acked += 1
                    self.reads_acked[session.reader] += reads
        commands: list[Command] = []
        while self._commands:
            commands.append(self._commands.popleft())
        return commands

    @property
    def waiting(self) -> int:
        """How many messages the broker hasn't confirmed yet."""
        return sum(len(session.pending) for session in self._sessions.values())

    def _wait(self, sessions: list[Session], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while any(session.pending for session in sessions) and time.monotonic() < deadline:
            time.sleep(0.005)
            self._commands.extend(self.collect())

    def close(self, wait_s: float = 60.0) -> None:
        """Wait until all is confirmed, then take leave of the broker."""
        self._wait([session for session in self._sessions.values() if session.up], wait_s)
        for session in self._sessions.values():
            if session.up:
                session.client.disconnect()
                session.client.loop_stop()
                session.up = False
