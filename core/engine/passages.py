"""Who passes the doors, up to the watermark: the passage kernels with their state, which grows as it must."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.engine.checkpoint import Arrays
from core.engine.door_plan import doors_of, eyes_of
from core.engine.door_weights import DoorWeights
from core.engine.kernels_passage import close_due, count_at_doors, fold_doors, next_close
from core.engine.records import Records
from core.engine.records_passage import PASSAGE, VISIT, new_told, new_work, nobody
from core.site import Site

PER_DOOR: Final = ("closed", "turn", "eyes")


class Passages:
    """Open passages, strays and light beams of all doors, and the verdicts not fetched yet."""

    def __init__(self, site: Site, learned: Mapping[str, DoorWeights] | None = None) -> None:
        self._site = site
        self.doors = doors_of(site, learned)
        self.eyes = eyes_of(site)
        """(reader, input) of each light beam -> (door, 1 for the outer one)."""
        self.at = nobody(0, len(site.doors))
        self._work = new_work()
        self._told = new_told(64)

    def judge_by(self, learned: Mapping[str, DoorWeights] | None) -> None:
        """Judge by other weights from now on; passages that are open go on."""
        self.doors = doors_of(self._site, learned)

    def fold(self, evidence: Records, n_tags: int) -> None:
        """Take evidence in its order, EVIDENCE[n] of tags below n_tags."""
        at_doors = int(count_at_doors(evidence, self.doors))
        self._reserve(n_tags, at_doors)
        if at_doors or self.at.n[1] > 0:
            fold_doors(evidence, self.doors, self.at, self._work, self._told)

    def close_due(self, at_us: int) -> None:
        """Close what is over at a tick."""
        self._reserve(0, 0)
        close_due(at_us, self.doors, self.at, self._work, self._told)

    def next_close_us(self) -> int:
        """When the first open passage ends if nothing more is heard; after every tick with none open."""
        return int(next_close(self.at))

    @property
    def verdicts(self) -> Records:
        """Those not fetched yet, VERDICT[n]: a view."""
        return self._told.verdicts[: int(self._told.n[0])]

    def fetch(self) -> Records:
        """Take the verdicts since the last time: VERDICT[n], in the order in which passages closed."""
        n = int(self._told.n[0])
        self._told.n[0] = 0
        return self._told.verdicts[:n].copy()

    def dump(self) -> Arrays:
        """All state, as arrays of a checkpoint; verdicts not fetched are no part of it."""
        n_visits, n_open = self.at.n.tolist()
        stored = {"visits": self.at.visits[:n_visits], "open": self.at.open[:n_open]}
        stored |= {name: getattr(self.at, name) for name in PER_DOOR}
        return {f"passage_{name}": rows for name, rows in stored.items()}

    def load(self, arrays: Arrays, n_tags: int) -> None:
        """Put it back into a blank state; doors may have been added to the end of the plan since."""
        visits, passages = arrays["passage_visits"], arrays["passage_open"]
        self._reserve(n_tags, max(visits.size, passages.size))
        _fill(self.at.visits, visits)
        _fill(self.at.open, passages)
        self.at.n[:] = visits.size, passages.size
        first = np.setdiff1d(np.arange(visits.size), visits["next"])
        self.at.head[visits["tag"][first]] = first
        for name in PER_DOOR:
            _fill(getattr(self.at, name), arrays[f"passage_{name}"])

    def _reserve(self, n_tags: int, more: int) -> None:
        """Make room for this many tags, and this many more visits, passages and verdicts, by doubling."""
        at, (n_visits, n_open) = self.at, self.at.n.tolist()
        if n_tags > at.head.size:
            extra = max(n_tags, 2 * at.head.size) - at.head.size
            self.at = at._replace(head=np.concatenate((at.head, np.full(extra, -1, np.int32))))
        if n_visits + more > at.visits.size or n_open + more > at.open.size:
            self.at = self.at._replace(
                visits=_grown(VISIT, at.visits, n_visits, more), open=_grown(PASSAGE, at.open, n_open, more)
            )
        said = int(self._told.n[0])
        if said + n_open + 2 * more > self._told.verdicts.size:
            told = new_told(2 * (said + n_open + 2 * more))
            told.verdicts[:said], told.n[0] = self._told.verdicts[:said], said
            self._told = told


def _grown(dtype: np.dtype[np.void], rows: Records, used: int, more: int) -> Records:
    """Give rows room for some more; what is not used is left to the system until it is."""
    if used + more <= rows.size:
        return rows
    grown = np.zeros(2 * (used + more), dtype)
    grown[:used] = rows[:used]
    return grown


def _fill(target: npt.NDArray[Any], stored: npt.NDArray[Any]) -> None:
    n = min(len(target), len(stored))
    target[:n] = np.asarray(stored)[:n]
