"""PostgreSQL and TimescaleDB in a few verbs: everything that is remembered goes through here."""

from core.store.edition import Edition
from core.store.migrate import migrate
from core.store.store import Store, open_store

__all__ = ["Edition", "Store", "migrate", "open_store"]
