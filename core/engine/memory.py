"""Settled state to and from the arrays of a checkpoint; the plan may have grown in between, but not shrunk."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine.carry import carried
from core.engine.checkpoint import Arrays
from core.engine.kernels_narrow import GRAINS
from core.engine.records import Plan, Records
from core.engine.records_belief import Belief
from core.engine.settled import Settled


def dump_settled(settled: Settled) -> Arrays:
    """All that the settled state holds."""
    n = settled.n_tags
    return {
        "tags": settled.tags[:n],
        **{f"belief_{name}": column[:n] for name, column in settled.belief._asdict().items()},
        "place_zone": settled.plan.place_zone,
        "place_xy": settled.plan.place_xy,
        "offset_db": settled.plan.offset_db,
        "offset_spell": settled.plan.offset_spell,
        "readers": settled.health.readers,
        "up": settled.health.up,
        "ears_s": settled.health.ears_s,
        "exposure": settled.health.exposure,
        "zone_due": settled.health.zone_due,
        "box": np.array([*settled.plan.corner, settled.plan.grain_m]),
        **settled.passages.dump(),
    }


def load_settled(settled: Settled, arrays: Arrays, reader_ids: Sequence[str], index: dict[str, int]) -> None:
    """Put it back into a blank settled state; reader_ids says whose the stored readers are, index where they go."""
    n = arrays["tags"].size
    settled.reserve(n)
    settled.tags[:n] = redrawn(arrays["tags"], ("antenna_x", "antenna_y"), arrays["box"], settled.plan)
    _load_belief(settled, arrays)
    settled.passages.load(arrays, n)
    for name in ("up", "ears_s", "exposure", "zone_due"):
        _fill(getattr(settled.health, name), arrays[name])
    settled.plan.offset_db[:, : arrays["offset_db"].shape[1]] = arrays["offset_db"]
    settled.plan.offset_spell[:] = arrays["offset_spell"]
    _load_readers(settled.health.readers, arrays["readers"], reader_ids, index)


def redrawn(rows: Records, axes: tuple[str, str], box: npt.NDArray[np.float64], plan: Plan) -> Records:
    """Rows whose spots stand in the grains of another box (float64[3]: its corner, and a grain), in the plan's."""
    result = rows.copy()
    for axis, name in enumerate(axes):
        at_m = box[axis] + rows[name] * box[2]
        result[name] = np.clip(np.rint((at_m - plan.corner[axis]) / plan.grain_m), 0, GRAINS)
    return result


def _load_belief(settled: Settled, arrays: Arrays) -> None:
    stored = Belief(*(arrays[f"belief_{name}"] for name in Belief._fields))
    now = carried(stored, arrays["place_zone"], arrays["place_xy"], settled.plan)
    for name in Belief._fields:
        getattr(settled.belief, name)[: now.place.shape[0]] = getattr(now, name)


def _load_readers(rows: Records, stored: Records, reader_ids: Sequence[str], index: dict[str, int]) -> None:
    for reader_id, row in zip(reader_ids, stored, strict=True):
        if reader_id in index:
            for name in ("mark_us", "online", "listening"):
                rows[index[reader_id]][name] = row[name]


def _fill(target: npt.NDArray[Any], stored: npt.NDArray[Any]) -> None:
    n = min(target.size, stored.size)
    target[:n] = np.asarray(stored)[:n]
