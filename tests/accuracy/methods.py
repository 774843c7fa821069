"""The methods by their names in the tables."""

from collections.abc import Mapping
from typing import Final

from tests.accuracy import ours
from tests.accuracy.baselines.ale import ale_zone
from tests.accuracy.baselines.edgex import ASSET_TRACKING, RETAIL_GARMENT, edgex_zone
from tests.accuracy.baselines.ema_strongest import ema_strongest
from tests.accuracy.baselines.fixed_window import fixed_window_zone
from tests.accuracy.baselines.histogram_hmm import Belief, histogram_hmm
from tests.accuracy.baselines.last_antenna import last_antenna
from tests.accuracy.decisions import Learn, untaught

BY_PLAN: Final[Mapping[str, Learn]] = {
    "last antenna": untaught(last_antenna),
    "EMA strongest": untaught(ema_strongest),
    "fixed window 3 s": untaught(fixed_window_zone(3)),
    "fixed window 10 s": untaught(fixed_window_zone(10)),
    "fixed window 25 s": untaught(fixed_window_zone(25)),
    "GS1 ALE smoothing": untaught(ale_zone()),
    "EdgeX asset_tracking": untaught(edgex_zone(ASSET_TRACKING)),
    "EdgeX retail_garment": untaught(edgex_zone(RETAIL_GARMENT)),
}
"""Zones by the floor plan alone."""
LEARNING: Final[Mapping[str, Learn]] = {
    "histogram HMM, alpha 1": histogram_hmm(Belief(alpha=1.0)),
    "histogram HMM, alpha 0.25": histogram_hmm(Belief(alpha=0.25)),
    "histogram HMM, alpha 0.25, sure": histogram_hmm(Belief(alpha=0.25, publish_above=0.9)),
}
"""Zones by labelled reads; `sure` publishes a change only above 0.9."""
OF_OURS: Final[Mapping[str, Learn]] = {**ours.BY_PLAN, **ours.TAUGHT}
ZONES: Final[Mapping[str, Learn]] = {**BY_PLAN, **LEARNING, **OF_OURS}
