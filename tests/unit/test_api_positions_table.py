"""
The table of live positions tells each client what it has not heard, however far behind it is.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from api.positions_table import PositionsTable, cut_frames
from core.live import DELTA, MORE_FOLLOWS, LiveFrame, decode
from core.model.step import PositionColumns
from tests.store_steps import Place, positions_of

BATCHES = st.lists(st.dictionaries(st.integers(0, 3_000), st.tuples(st.integers(0, 3), st.integers(0, 2))), max_size=12)


def columns(batch: dict[int, tuple[int, int]]) -> PositionColumns:
    """Positions from tag id -> (zone, state)."""
    return positions_of([Place(tag_id=tag, zone=zone, state=state) for tag, (zone, state) in batch.items()])


def places(positions: PositionColumns) -> dict[int, tuple[int, int]]:
    """Positions as tag id -> (zone, state)."""
    pairs = zip(positions.zone.tolist(), positions.state.tolist(), strict=True)
    return dict(zip(positions.tag_id.tolist(), pairs, strict=True))


@given(BATCHES, st.data())
def test_after_gives_what_changed_since(batches: list[dict[int, tuple[int, int]]], data: st.DataObject) -> None:
    """
    A client told up to any version hears the newest of each tag that changed later, and nothing else.
    """
    table = PositionsTable()
    cut = data.draw(st.integers(0, len(batches)))
    versions = [table.version]
    for batch in batches:
        table.apply(columns(batch))
        versions.append(table.version)
    later: dict[int, tuple[int, int]] = {}
    everything: dict[int, tuple[int, int]] = {}
    for i, batch in enumerate(batches):
        everything |= batch
        if i >= cut:
            later |= batch

    assert later == places(table.after(versions[cut]))
    assert everything == places(table.after(0))
    assert sum(state == 0 for _, state in everything.values()) == table.tags_present


def test_cut_frames_holds_everything_once() -> None:
    """
    However a frame is cut, its parts hold the same positions in order, and only the last says that it is the last.
    """
    positions = positions_of([Place(tag_id=t) for t in range(10)])
    frame = LiveFrame(kind=DELTA, seq=4, closed_us=5, positions=positions, reads=9)
    parts = [decode(data) for data in cut_frames(frame, 3)]

    assert list(range(10)) == np.concatenate([part.positions.tag_id for part in parts]).tolist()
    assert [part.flags for part in parts] == [MORE_FOLLOWS] * 3 + [0]
    assert sum(part.reads for part in parts) == 9
    assert len(cut_frames(LiveFrame(kind=DELTA, seq=1, closed_us=1, positions=positions_of([])), 3)) == 1
