"""The engine: reads of one site in, what changed out."""

from core.engine.checkpoint import CheckpointUnreadable
from core.engine.engine import Engine

__all__ = ["CheckpointUnreadable", "Engine"]
