"""How a broker is to be met: where it is, who we are to it, what we want, and what it is known to lose."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from core.errors import BrokerRefused
from core.mqtt_client import Client
from core.mqtt_intake import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the broker is and who we are to it."""

    host: str
    port: int
    tls: bool
    username: str
    password: str

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read mqtt://user:password@host:port; mqtts:// for TLS."""
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise BrokerRefused(f"{parts.scheme}://... is no broker address: write mqtt://user:password@host:port")
        tls = parts.scheme == "mqtts"
        return cls(
            host=parts.hostname,
            port=parts.port or (8883 if tls else 1883),
            tls=tls,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    def __str__(self) -> str:
        """Say where without saying the password."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """What the broker publishes for us when we are gone without a word."""

    topic: str
    payload: bytes
    retain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """
    How to meet the broker. A persistent session (clean=False) is kept for us while we are away.

    subscriptions are (topic filter, QoS); wait_s bounds the wait for the first connection, None waits for ever.
    """

    client_id: str
    subscriptions: Sequence[tuple[str, int]] = ()
    clean: bool = False
    will: Will | None = None
    limits: Limits = field(default_factory=Limits)
    keepalive_s: int = 30
    wait_s: float | None = None
    ca_file: Path | None = None


def make_client(
    client_id: str, address: Address, *, clean_session: bool, will: Will | None, ca_file: Path | None
) -> Client:
    """Make a paho client with our manners: MQTT 3.1.1, our own acks, our own reconnects."""
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=clean_session,
        protocol=paho.MQTTv311,
        reconnect_on_failure=False,
        manual_ack=True,
    )
    if address.username:
        client.username_pw_set(address.username, address.password or None)
    if address.tls:
        client.tls_set_context(ssl.create_default_context(cafile=None if ca_file is None else str(ca_file)))
    if will is not None:
        client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
    return client


def known_limits(version: str) -> str:
    """Say what a broker of this version is known to lose, or nothing."""
    if "mosquitto" in version.lower():
        return (
            f"{version} answers for messages before they are on disk, and drops what is over max_queued_messages "
            "without a word; raise that limit, and use nats-server where no read may be lost"
        )
    return ""
