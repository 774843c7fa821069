"""What people are told to act on: one small file an alert kind, one list, one verb."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from core.model.alert import AlertChange
from core.model.step import Step
from core.rules.left_without_shipment import left_without_shipment
from core.rules.missing import missing
from core.rules.reader_offline import reader_offline
from core.rules.world import World

Rule = Callable[[Step, World], Iterable[AlertChange]]

RULES: Final[tuple[Rule, ...]] = (left_without_shipment, missing, reader_offline)

__all__ = ["RULES", "Rule", "World", "evaluate"]


def evaluate(step: Step, world: World) -> Step:
    """Add to a step the alerts that it gives cause for; the same step and world give the same alerts."""
    return replace(step, alerts=(*step.alerts, *(change for rule in RULES for change in rule(step, world))))
