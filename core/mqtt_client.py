"""paho's client, spared a system call for each byte of a packet's head and for each acknowledgement."""

import struct
from collections.abc import Iterable
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode

READ_AHEAD: Final = 1 << 16
"""Bytes asked of the socket at once: some fifteen messages of a hundred reads."""
_PUBACK: Final = struct.Struct("!BBH")


class Client(paho.Client):
    """
    paho reads its socket through one method, writes whole packets through another, and hands on a message by a third:
    only these are changed, so what a packet means, and what happens at a reconnect, stays paho's.
    """

    _ahead = b""
    _at = 0

    @property
    def has_ahead(self) -> bool:
        """Whether bytes wait here that the selector does not see."""
        return self._at < len(self._ahead)

    def acknowledge(self, mids: Iterable[int]) -> None:
        """Answer for these QoS 1 messages, all in one write."""
        answers = b"".join([_PUBACK.pack(paho.PUBACK, 2, mid) for mid in mids])
        self._packet_queue(paho.PUBACK, answers, 0, 1)

    def reconnect(self) -> MQTTErrorCode:
        """Connect anew; nothing that the last connection brought is read by this one."""
        self._ahead, self._at = b"", 0
        return super().reconnect()

    def _sock_recv(self, bufsize: int) -> Any:  # noqa: ANN401 - paho's stubs leave it open
        if not self.has_ahead:
            self._ahead, self._at = super()._sock_recv(max(bufsize, READ_AHEAD)), 0
        start, self._at = self._at, min(self._at + bufsize, len(self._ahead))
        return self._ahead[start : self._at]

    def _handle_on_message(self, message: paho.MQTTMessage) -> None:
        # There is one callback, and it raises nothing: paho would look through its filters for each message.
        callback = self.on_message
        assert callback is not None
        callback(self, None, message)
