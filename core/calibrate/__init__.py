"""Learning from labelled reads what a site's floor plan cannot tell."""

from core.calibrate.learn import learn

__all__ = ["learn"]
