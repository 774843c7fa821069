"""PostgreSQL and TimescaleDB in a few verbs: everything that is remembered goes through here."""

from core.store.audit import Act
from core.store.claims import SiteTaken
from core.store.edition import Edition
from core.store.migrate import migrate
from core.store.pending import NotPending
from core.store.products import GtinTaken, StockDifference
from core.store.registry import UnknownSite
from core.store.replay import ReplayStep
from core.store.retention import Retention
from core.store.shipments import ShipmentExists
from core.store.store import Store, open_store
from core.store.writer import CommitResult, StepOutOfOrder, StepRefused

__all__ = [
    "Act",
    "CommitResult",
    "Edition",
    "GtinTaken",
    "NotPending",
    "ReplayStep",
    "Retention",
    "ShipmentExists",
    "SiteTaken",
    "StepOutOfOrder",
    "StepRefused",
    "StockDifference",
    "Store",
    "UnknownSite",
    "migrate",
    "open_store",
]
