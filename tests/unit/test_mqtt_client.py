"""Our paho reads whole stretches of its socket and answers for many messages at once, and means the same by it."""

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from core.mqtt_client import Client


class _Socket:
    """A socket that has these bytes to give, in these pieces, and keeps what it is sent."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.asked = 0
        self.sent: list[bytes] = []

    def recv(self, size: int) -> bytes:
        self.asked += 1
        if not self.pieces:
            raise BlockingIOError
        piece, rest = self.pieces[0][:size], self.pieces[0][size:]
        self.pieces[:1] = [rest] if rest else []
        return piece

    def close(self) -> None:
        self.pieces = []

    def send(self, body: bytes) -> int:
        self.sent.append(bytes(body))
        return len(body)


def _client(socket: _Socket) -> tuple[Client, list[tuple[int, bytes]]]:
    got: list[tuple[int, bytes]] = []
    client = Client(CallbackAPIVersion.VERSION2, client_id="c", protocol=paho.MQTTv311, manual_ack=True)
    client.on_message = lambda _c, _u, message: got.append((message.mid, bytes(message.payload)))
    client._sock = socket  # type: ignore[assignment]  # noqa: SLF001 - else paho makes its own
    return client, got


def _publish(mid: int, payload: bytes) -> bytes:
    body = b"\0\1t" + mid.to_bytes(2, "big") + payload
    assert len(body) < 128
    return bytes([0x32, len(body)]) + body


STREAM = b"".join(_publish(mid, b"%d" % mid) for mid in range(1, 41))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, len(STREAM)])
def test_messages_are_read_whole_wherever_the_stream_is_cut(size: int) -> None:
    """
    Every message arrives once and in order, in whatever pieces the socket gives them.
    """
    pieces = [STREAM[i : i + size] for i in range(0, len(STREAM), size)]
    socket = _Socket(*pieces)
    client, got = _client(socket)
    while client.has_ahead or socket.pieces:
        client.loop_read()
    assert got == [(mid, b"%d" % mid) for mid in range(1, 41)]


def test_socket_is_asked_once_for_many_messages() -> None:
    """
    What has come is fetched in one go, and said to wait while it does.
    """
    socket = _Socket(STREAM)
    client, got = _client(socket)
    client.loop_read()
    assert (len(got), socket.asked, client.has_ahead) == (1, 1, True)


def test_new_connection_reads_nothing_of_the_old_one() -> None:
    """
    What the last connection brought and nobody had read is not taken for the next one's.
    """
    client, _ = _client(_Socket(STREAM))
    client.loop_read()
    with pytest.raises(ValueError, match="Invalid host"):
        client.reconnect()
    assert not client.has_ahead


def test_messages_are_acknowledged_in_one_write() -> None:
    """
    One write holds a PUBACK a message.
    """
    socket = _Socket()
    client, _ = _client(socket)
    client.acknowledge([1, 513])
    client.loop_write()
    assert socket.sent == [bytes([0x40, 2, 0, 1, 0x40, 2, 2, 1])]
