"""The kernels of antennas' offsets again, slow and plain, as in tests/naive.py."""

from typing import Any

from core.engine.records_belief import UNHEARD
from core.model.columns import UNHEARD_DBM

SPELL_US = 10_000_000


def spells_since(at_us: int, plan: Any) -> int:
    return int(at_us) // SPELL_US - int(plan.offset_spell[0])


def offset_of(read: Any, plan: Any) -> float:
    row = min(max(spells_since(read["seen_us"], plan), 0), 2)
    return float(plan.offset_db[row, read["read_point"]])


def begin_spell(at_us: int, plan: Any) -> None:
    since = spells_since(at_us, plan)
    if since > 0:
        _, coming, learned = plan.offset_db.copy()
        plan.offset_db[:] = (coming if since == 1 else learned, learned, learned)
        plan.offset_spell[0] += since


def learn_offset(tag: int, row: Any, read: Any, belief: Any, plan: Any) -> None:
    place, point, dbm = int(belief.place[tag, 0]), int(read["read_point"]), float(read["rssi_dbm"])
    if place < 0 or belief.weight[tag, 0] / 65_535 < 0.95 or row["gain_reads"] < 8 or dbm <= UNHEARD_DBM:
        return
    if plan.hears[point, place, 3] < UNHEARD or read["seen_us"] - row["since_us"] < 20_000_000:
        return
    learned = float(plan.offset_db[2, point])
    off_db = dbm - float(belief.gain[tag, 0]) / 256 - float(plan.hears[point, place, 0]) - learned
    weighed = min(max(off_db * (2 if off_db > 0 else 1), -8), 8)
    plan.offset_db[2, point] = min(max(learned + 0.0005 * (weighed - 0.5 * learned), -6), 6)
