"""What a reader says besides tag reads: that it lives, what its inputs do, what it lost."""

from dataclasses import dataclass
from enum import StrEnum


class ReaderEventKind(StrEnum):
    """Everything a reader may tell us about itself, in our words."""

    HEARTBEAT = "heartbeat"
    """It lives and inventories."""
    ONLINE = "online"
    """It has connected (birth message)."""
    OFFLINE = "offline"
    """It has gone, by its own word or by its last will."""
    ANTENNA_UP = "antenna_up"
    ANTENNA_DOWN = "antenna_down"
    GPI = "gpi"
    """An input changed; `value` is 1 for high, 0 for low. Photo-eyes are inputs."""
    GPO = "gpo"
    INVENTORY_STARTED = "inventory_started"
    INVENTORY_STOPPED = "inventory_stopped"
    OVERFLOW = "overflow"
    """Its buffer ran over; `value` is how many events were purged."""
    DIRECTION = "direction"
    """The reader's own verdict on a tag's direction; `epc` names the tag, `text` is in, out or none."""
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderEvent:
    """One thing that a reader said about itself."""

    seen_us: int
    arrived_us: int
    reader: str
    kind: ReaderEventKind
    port: int = 0
    value: float = 0.0
    epc: str = ""
    text: str = ""
