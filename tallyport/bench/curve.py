"""How a cost grows with a size: a few measured points, and the exponent that they follow."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import TallyportError

COLUMNS: Final = 3
INCHES: Final = (4.0, 3.0)
"""Of one curve's picture."""


class NoPlotter(TallyportError):
    """The library that draws is not installed; the message says how to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What something costs (costs, in `unit`) against how much there is of something (sizes, in `against`)."""

    name: str
    against: str
    unit: str
    sizes: Sequence[int]
    costs: Sequence[float]
    setting: dict[str, Any] = field(default_factory=dict)

    @property
    def exponent(self) -> float:
        """Slope of log cost over log size, by least squares: 0 where the cost stays, 1 where it grows with the size."""
        return float(np.polyfit(np.log(self.sizes), np.log(self.costs), 1)[0])

    def as_json(self) -> dict[str, Any]:
        """The curve as `tallyport bench growth --json` prints it."""
        return {
            "name": self.name,
            "against": self.against,
            "unit": self.unit,
            "sizes": list(self.sizes),
            "costs": [float(f"{cost:.4g}") for cost in self.costs],
            "exponent": round(self.exponent, 2),
            "setting": self.setting,
        }


def plotter() -> Any:  # noqa: ANN401 - a module that may not be there
    """Give the library that draws. Raises NoPlotter."""
    if find_spec("matplotlib") is None:
        raise NoPlotter("drawing takes matplotlib: say `make bench` once, or install what requirements-bench.lock pins")
    matplotlib: Any = importlib.import_module("matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "tallyport"  # or names in the file would be drawn by chance
    return importlib.import_module("matplotlib.pyplot")


def draw(curves: Sequence[Curve], file: Path) -> None:
    """Draw each curve on logarithmic scales, into one SVG file. Raises NoPlotter."""
    pyplot = plotter()
    rows = -(-len(curves) // COLUMNS)
    size = (COLUMNS * INCHES[0], rows * INCHES[1])
    figure, axes = pyplot.subplots(rows, COLUMNS, figsize=size, squeeze=False, layout="constrained")
    for place, curve in zip(axes.flat, curves, strict=False):
        place.loglog(curve.sizes, curve.costs, marker="o")
        place.set(title=f"{curve.name}: exponent {curve.exponent:.2f}", xlabel=curve.against, ylabel=curve.unit)
        # A decade at least, or what does not grow would look as if it did.
        middle = float(np.sqrt(min(curve.costs) * max(curve.costs)))
        place.set_ylim(min(middle / 10, min(curve.costs) / 2), max(middle * 10, max(curve.costs) * 2))
        place.grid(alpha=0.3)
    for place in list(axes.flat)[len(curves) :]:
        place.set_visible(False)
    figure.savefig(file, format="svg", metadata={"Date": None})
