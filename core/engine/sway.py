"""How a tag's levels differ from those of its place, and how that changes."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.engine.records import Floats32, Ints

EARS_MAX: Final = 8
"""Antennas whose levels are followed together at most: each pair of them costs memory for each place of each tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sway:
    """
    Of S antennas, the levels of a tag that is in a place go up and down together.

    ear_of   int16[A]          which of the S a read point is; -1 if none
    cov      float32[P, S, S]  covariance of the levels around those of a place, dB squared; positive definite
    noise    float32[S]        variance of a single read around that, dB squared
    keeps_s  float             how long a difference keeps: the time in which it fades to a third, seconds
    """

    ear_of: npt.NDArray[np.int16]
    cov: Floats32
    noise: Floats32
    keeps_s: float

    def to_json(self) -> dict[str, Any]:
        """As plain values for JSON; dB squared to a thousandth."""
        return {
            "ear_of": self.ear_of.tolist(),
            "cov": np.round(self.cov.astype(float), 3).tolist(),
            "noise": np.round(self.noise.astype(float), 3).tolist(),
            "keeps_s": self.keeps_s,
        }

    @classmethod
    def from_json(cls, body: dict[str, Any], points: int, places: int) -> "Sway":
        """Read what to_json gives, of so many read points and places. Raises ValueError, KeyError or TypeError."""
        noise, ear_of = np.array(body["noise"], np.float32), np.array(body["ear_of"], np.int16)
        cov = np.array(body["cov"], np.float32).reshape(places, noise.size, noise.size)
        if ear_of.size != points or not ((ear_of >= -1) & (ear_of < noise.size)).all():
            raise ValueError(f"{ear_of.size} read points have an ear among {noise.size}, and the table has {points}")
        if not (noise > 0.0).all() or not (np.linalg.eigvalsh(cov.astype(float)) > 0.0).all():
            raise ValueError("a variance is not above zero")
        if not float(body["keeps_s"]) > 0.0:
            raise ValueError(f"keeps_s is {body['keeps_s']!r:.40}")
        return cls(ear_of=ear_of, cov=cov, noise=noise, keeps_s=float(body["keeps_s"]))

    def laid(self, rows: Ints, columns: Ints) -> "Sway":
        """Put it in the order of a plan: rows[A] says which read point each of its is, or -1; columns[P] places."""
        ear_of = np.where(rows >= 0, self.ear_of[rows], -1).astype(np.int16)
        return Sway(ear_of=ear_of, cov=self.cov[columns], noise=self.noise, keeps_s=self.keeps_s)


def no_sway(points: int, places: int) -> Sway:
    """Of no antenna is it known how its levels go."""
    return Sway(
        ear_of=np.full(points, -1, np.int16),
        cov=np.zeros((places, 0, 0), np.float32),
        noise=np.zeros(0, np.float32),
        keeps_s=1.0,
    )
