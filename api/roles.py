"""
Who may do what: the one table.
"""

from enum import StrEnum
from typing import Final

from core.store.tokens import Role


class Act(StrEnum):
    """Everything that a token may be needed for."""

    READ = "read"
    """See positions, stock, alerts, readers, shipments; open the websockets."""
    INSPECT = "inspect"
    """See raw messages: dead letters and readers that are not registered."""
    ACKNOWLEDGE = "acknowledge"
    """Say that one takes care of an alert."""
    RESOLVE = "resolve"
    """Say that an alert is over."""
    SHIP = "ship"
    """Make and close shipments."""
    CANCEL_SHIPMENT = "cancel shipment"
    """Take a shipment back: its goods may not leave any more."""
    APPROVE = "approve"
    """Let a reader in, or turn it away."""
    CALIBRATE = "calibrate"
    """See and change what a site has been taught."""
    TOKENS = "tokens"
    """Make, list and revoke tokens."""
    METRICS = "metrics"
    """Read the service's own figures."""


_FLOOR: Final = frozenset({Act.READ, Act.METRICS})
_OPERATOR: Final = _FLOOR | {Act.INSPECT, Act.ACKNOWLEDGE, Act.SHIP}
_MANAGER: Final = _OPERATOR | {Act.RESOLVE, Act.CANCEL_SHIPMENT, Act.APPROVE}

MAY: Final[dict[Role, frozenset[Act]]] = {
    Role.VIEWER: _FLOOR,
    Role.OPERATOR: _OPERATOR,
    Role.MANAGER: _MANAGER,
    Role.ADMIN: _MANAGER | {Act.CALIBRATE, Act.TOKENS},
    Role.DEVICE: frozenset({Act.METRICS}),
}
