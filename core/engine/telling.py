"""Rows of the kernels become the values that travel: movements, reader changes, positions, ledger, a view of a tag."""

from collections.abc import Sequence

import numpy as np

from core.engine.index import TagIndex
from core.engine.kernels_dedupe import KEPT, LATE, REPEAT, count_verdicts
from core.engine.kernels_fold import spot_of
from core.engine.kernels_narrow import MS_US, dbm_of, elapsed_s
from core.engine.records import (
    AGO_MAX,
    APPEAR,
    FELL_SILENT,
    HEARD,
    LEAVE,
    MISSING,
    MOVE,
    SAID_GOODBYE,
    SURE,
    Ints,
    Plan,
    Records,
    Row,
)
from core.engine.records_passage import INWARD, NO_WAY, OUTWARD
from core.engine.settled import Settled
from core.model.batch import Evidence, TagView, ZoneCandidate
from core.model.columns import NEVER_US, ReadColumns
from core.model.passage import Direction, Passage, PassageVerdict
from core.model.step import (
    LedgerRow,
    Movement,
    MovementKind,
    NewTag,
    PositionColumns,
    PresenceChange,
    ReaderChange,
    TagState,
)
from core.site import Site

KINDS = {
    APPEAR: MovementKind.APPEAR,
    MOVE: MovementKind.MOVE,
    LEAVE: MovementKind.LEAVE,
    MISSING: MovementKind.MISSING,
}
GONE = (LEAVE, MISSING)
VERDICTS = tuple(PassageVerdict)
WAYS = {INWARD: Direction.IN, NO_WAY: Direction.NONE, OUTWARD: Direction.OUT}
REASONS = {HEARD: "heard", SAID_GOODBYE: "said that it goes", FELL_SILENT: "silent"}


def movements(moves: Records, index: TagIndex) -> tuple[Movement, ...]:
    """Movements in the order in which they settled."""
    if not moves.size:
        return ()
    # Column by column: taking records apart one by one costs more than folding the reads that made them.
    names = ("at_us", "tag", "kind", "from_zone", "to_zone", "read_point", "confidence", "x_m", "y_m")
    facts = zip(*(moves[name].tolist() for name in names), strict=True)
    trails = zip(*(moves[name].tolist() for name in ("trail_us", "trail_read_point", "trail_dbm")), strict=True)
    return tuple(
        Movement(
            at_us=at_us,
            tag_id=tag_id,
            epc=epc,
            kind=KINDS[kind],
            from_zone=from_zone,
            to_zone=to_zone,
            read_point=read_point,
            confidence=confidence,
            x_m=None if kind in GONE else x_m,
            y_m=None if kind in GONE else y_m,
            trail=tuple(entry for entry in zip(*trail, strict=True) if entry[1] >= 0),
        )
        for (at_us, tag_id, kind, from_zone, to_zone, read_point, confidence, x_m, y_m), epc, trail in zip(
            facts, index.epcs(moves["tag"]), trails, strict=True
        )
    )


def passages(verdicts: Records, index: TagIndex, site: Site) -> tuple[Passage, ...]:
    """What the doors judged, in the order in which passages closed."""
    if not verdicts.size:
        return ()
    names = ("opened_us", "closed_us", "tag", "door", "verdict", "direction", "n", "confidence")
    columns = zip(*(verdicts[name].tolist() for name in names), strict=True)
    return tuple(
        Passage(
            opened_us=opened_us,
            closed_us=closed_us,
            door=site.doors[door].id,
            tag_id=tag_id,
            epc=epc,
            verdict=VERDICTS[verdict],
            direction=WAYS[direction],
            confidence=confidence,
            reads=n,
        )
        for (opened_us, closed_us, tag_id, door, verdict, direction, n, confidence), epc in zip(
            columns, index.epcs(verdicts["tag"]), strict=True
        )
    )


def presences(quiet: Records, index: TagIndex) -> tuple[PresenceChange, ...]:
    """Who fell quiet and who was heard again, in the order in which it settled."""
    if not quiet.size:
        return ()
    columns = (quiet[name].tolist() for name in ("at_us", "tag", "quiet", "presence"))
    return tuple(
        PresenceChange(at_us=at_us, tag_id=tag_id, epc=epc, heard=not silent, presence=presence)
        for (at_us, tag_id, silent, presence), epc in zip(
            zip(*columns, strict=True), index.epcs(quiet["tag"]), strict=True
        )
    )


def reader_changes(changes: Records, site: Site) -> tuple[ReaderChange, ...]:
    """Reader changes in the order in which they settled."""
    return tuple(
        ReaderChange(
            at_us=int(change["at_us"]),
            reader=site.readers[int(change["reader"])].id,
            online=bool(change["online"]),
            reason=REASONS[int(change["reason"])],
        )
        for change in changes
    )


def positions(looks: Records) -> PositionColumns:
    """How tags look, sorted by tag, as live positions."""
    names = ("zone", "state", "confidence", "x_m", "y_m", "seen_us", "since_us", "read_point")
    return PositionColumns(tag_id=looks["tag"].copy(), **{name: looks[name].copy() for name in names})


def ledger(
    rows: Sequence[LedgerRow],
    reads: ReadColumns,
    verdict: np.ndarray[tuple[int], np.dtype[np.uint8]],
    plan: Plan,
    site: Site,
) -> tuple[LedgerRow, ...]:
    """Add to the line's ledger what became of each reader's reads."""
    counts = np.zeros((len(site.readers) + 1, 3), np.int64)
    count_verdicts(reads.read_point, verdict, plan.reader_of, counts)
    heard = np.flatnonzero(counts[:-1].any(axis=1))
    counted = {row.reader: row for row in rows}
    for at, became in zip(heard.tolist(), counts[heard].tolist(), strict=True):
        reader, stored, repeats, late = site.readers[at].id, became[KEPT], became[REPEAT], became[LATE]
        if reader in counted:
            counted[reader] = counted[reader]._replace(stored=stored, repeats=repeats, late=late)
        else:
            counted[reader] = LedgerRow(reader, 0, stored + repeats + late, stored, repeats, late)
    return tuple(counted.values())


def new_tags(tag: Ints, seen_us: Ints, known: int, index: TagIndex) -> tuple[NewTag, ...]:
    """Tags from `known` on, each with the time of its first read to arrive."""
    if index.known == known:
        return ()
    new = np.flatnonzero(tag >= known)
    ids, first = np.unique(tag[new], return_index=True)
    told = zip(ids.tolist(), index.epcs(ids), seen_us[new[first]].tolist(), strict=True)
    return tuple(NewTag(tag_id=tag_id, epc=epc, first_seen_us=at_us) for tag_id, epc, at_us in told)


def view(epc: str, tag_id: int, settled: Settled, site: Site) -> TagView:
    """Say what is settled of one tag, and why."""
    row = settled.tags[tag_id]
    zone, health = int(row["zone"]), settled.health
    state = TagState(int(row["state"]))
    silent = elapsed_s(health.exposure[zone], row["heard_ms"]) if state is TagState.PRESENT and zone >= 0 else 0.0
    x_m, y_m = spot_of(tag_id, row, settled.belief, settled.plan)
    return TagView(
        epc=epc,
        tag_id=tag_id,
        state=state,
        zone=site.zones[zone].id if zone >= 0 else "",
        confidence=float(row["confidence"]) / SURE,
        x_m=x_m,
        y_m=y_m,
        seen_us=int(row["seen_us"]) if row["reads"] else NEVER_US,
        since_us=int(row["since_us"]) if row["reads"] else NEVER_US,
        silence_s=float(silent),
        mean_gap_s=float(row["gap_mean_s"]),
        candidates=_candidates(tag_id, settled, site),
        evidence=_evidence(row, site),
    )


def _evidence(row: Row, site: Site) -> tuple[Evidence, ...]:
    """The last reads of a tag, oldest first, without those of more than a minute before the newest."""
    reads = zip(row["point"].tolist(), row["ago_ms"].tolist(), row["level"].tolist(), strict=True)
    known = [(site.read_points[point], ago_ms, level) for point, ago_ms, level in reads if point >= 0]
    return tuple(
        Evidence(
            seen_us=int(row["seen_us"]) - ago_ms * MS_US,
            reader=point.reader,
            antenna=point.antenna,
            rssi_dbm=float(dbm_of(level)),
        )
        for point, ago_ms, level in reversed(known)
        if ago_ms < AGO_MAX
    )


def _candidates(tag_id: int, settled: Settled, site: Site) -> tuple[ZoneCandidate, ...]:
    """The zones a tag may be in, likeliest first."""
    place, weight = settled.belief.place[tag_id], settled.belief.weight[tag_id]
    total, likely = float(weight.sum()), dict[int, float]()
    for p, w in zip(place.tolist(), weight.tolist(), strict=True):
        if p >= 0:
            zone = int(settled.plan.place_zone[p])
            likely[zone] = likely.get(zone, 0.0) + w / total
    ranked = sorted(likely.items(), key=lambda pair: -pair[1])
    return tuple(ZoneCandidate(zone=site.zones[zone].id, probability=p) for zone, p in ranked)
