"""
Eclipse Mosquitto as the MQTT broker, for those who have it: with the settings without which it drops messages.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM
from typing import Final

from tallyport.services.account import own, service_account
from tallyport.services.process import (
    LOOPBACK,
    Child,
    Launch,
    ServiceFailed,
    free_port,
    port_answers,
    require_free_port,
)

# Each line answers a measured loss or an upstream bug; see docs/operations.md before changing one.
SETTINGS: Final = {
    "persistence": "true",
    "autosave_interval": "1",
    "autosave_on_changes": "true",
    "max_queued_messages": "1000000",
    "max_queued_bytes": "1073741824",
    "max_inflight_messages": "1000",
    "max_packet_size": "2097152",
    "persistent_client_expiration": "14d",
    "sys_interval": "10",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MosquittoPlan:
    """What broker is wanted, and where. On loopback, anybody may connect."""

    folder: Path
    port: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)  # these come before SETTINGS


class MosquittoServer:
    """One mosquitto: `prepare`, `start`, `wait_ready`, `stop`."""

    def __init__(self, plan: MosquittoPlan) -> None:
        self._settings = plan.settings
        self.folder = plan.folder.absolute()
        self.port = plan.port or free_port()
        self.account = service_account()
        self.child = Child(
            Launch(
                name="mosquitto",
                command=[str(program()), "-c", str(self.folder / "mosquitto.conf")],
                port=self.port,
                log=self.folder.parent / "log" / f"{self.folder.name}.log",
                stop_signal=SIGTERM,
                account=self.account,
            )
        )

    @property
    def url(self) -> str:
        """How a client reaches the broker."""
        return f"mqtt://{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Write the configuration, and see to it that nobody else has the port."""
        own(self.folder, self.account)
        require_free_port("the MQTT broker", self.port)
        (self.folder / "mosquitto.conf").write_text(self.configuration())

    def start(self) -> None:
        """Start the broker; see `Child` for which thread may do that."""
        self.child.start()

    def wait_ready(self) -> None:
        """Return once the broker takes connections."""
        self.child.wait_ready(lambda: port_answers(self.port))

    def stop(self) -> None:
        """Shut the broker down; it saves its sessions first."""
        self.child.stop()

    def configuration(self) -> str:
        """The broker's configuration file."""
        own_lines = {
            "listener": f"{self.port} {LOOPBACK}",
            "allow_anonymous": "true",
            "persistence_location": f"{self.folder}/",
            "log_dest": "stderr",
        }
        return "".join(f"{name} {value}\n" for name, value in {**SETTINGS, **self._settings, **own_lines}.items())


def program() -> Path:
    """Where this machine has mosquitto; Debian keeps it where only root looks."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")
    if found is None:
        raise ServiceFailed("mosquitto is missing: run scripts/services, or install it as your system does")
    return Path(found)
