"""Why a tag is where it is: its kept reads go through the filter anew, and are looked at on the way."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from core.engine import telling
from core.engine.calibration import Calibration
from core.engine.holds import holds, quiet_of
from core.engine.index import TagIndex
from core.engine.kernels_fold import spot_of
from core.engine.passages import Passages
from core.engine.pending import Pending, evidence_of_events, evidence_of_reads
from core.engine.plan import taught_plan
from core.engine.records import READ, SURE, Plan, Records, Row
from core.engine.records_belief import GAIN_UNIT_DB
from core.engine.settled import Settled
from core.engine.weighing import Copy, Weighed, fold
from core.model.columns import NOWHERE, UNHEARD_DBM
from core.model.passage import Passage
from core.model.step import TagState
from core.model.why import AntennaWord, Candidate, History, Said, Sighting, Why
from core.site import Site

WEIGHED_US: Final = 60_000_000
WEIGHED_MIN: Final = 10
WEIGHED_MAX: Final = 40
"""Reads of the last minute are looked at one by one; ten at least, forty at most."""
CANDIDATES_MAX: Final = 4
LIKELY: Final = 0.001
"""Zones less likely than this are no candidates worth a word, but for the second."""


class Explainer:
    """Answers for one site. Laying it out costs more than an answer, so this is worth keeping."""

    def __init__(self, site: Site, calibration: Calibration | None = None) -> None:
        self.site = site
        self.calibration = calibration
        self._plan = taught_plan(site, calibration)

    def explain(self, history: History, epc: str) -> Why | None:
        """
        Say where a tag is and why, as the line would that began with this history; None for a tag that is not in it.

        The same history gives the same answer, however its reads are ordered.
        """
        settled = Settled(
            self.site, self._plan, Passages(self.site, self.calibration.doors if self.calibration else None)
        )
        play = _Play(self.site, settled, history)
        tag = play.index.id_of(epc)
        return None if tag is None else play.why(tag, epc)


class _Play:
    """A history under way: all of it waits as evidence, and settles up to any moment that is asked for."""

    def __init__(self, site: Site, settled: Settled, history: History) -> None:
        self.site = site
        self.index = TagIndex()
        reads = history.reads
        tag = self.index.find(reads.epc_hi, reads.epc_lo, history.long_epcs)
        self._settled = settled
        self._settled.reserve(self.index.known)
        settle_us = round(site.engine.settle_s * 1e6)
        on_time = [event for event in history.events if event.seen_us >= event.arrived_us - settle_us]
        self._pending = Pending()
        self._pending.add(
            evidence_of_reads(reads, tag),
            evidence_of_events(on_time, site.read_point_index, settled.passages.eyes, self.index.id_of),
        )
        self._history = history
        self._verdicts: list[Records] = []

    def why(self, tag: int, epc: str) -> Why:
        """Settle all, with a look at the tag's last reads one after the other."""
        evidence = self._pending.evidence
        own = evidence[(evidence["kind"] == READ) & (evidence["tag"] == tag)].copy()
        watermark_us = self._history.closed_us - round(self.site.engine.settle_s * 1e6)
        weighed: list[Weighed] = []
        for group in _moments(_newest(own), watermark_us):
            weighed += self._look(tag, group, int(group["seen_us"][0]))[0]
        pending, copy = self._look(tag, own[own["seen_us"] >= watermark_us], watermark_us)
        return self._answer(tag, epc, own, (weighed + pending)[-WEIGHED_MAX:], copy)

    def _look(self, tag: int, reads: Records, until_us: int) -> tuple[list[Weighed], Copy]:
        """Settle what lies before a moment, and fold the reads that follow into a copy."""
        self._verdicts.append(self._settled.advance(self._pending, until_us).verdicts)
        copy = Copy.of(tag, self._settled)
        return [fold(copy, read, self._settled.plan, self._settled.scratch) for read in reads], copy

    def _answer(self, tag: int, epc: str, own: Records, weighed: list[Weighed], copy: Copy) -> Why:
        row, site, settled = copy.row, self.site, self._settled
        zone = int(row["zone"])
        x_m, y_m = spot_of(0, row, copy.belief, settled.plan)
        candidates = _candidates(copy, settled.plan, site)
        waits = bool(own["seen_us"][-1] >= self._history.closed_us - round(site.engine.settle_s * 1e6))
        quiet, passages = None if waits else quiet_of(tag, settled), self._passages(tag)
        return Why(
            epc=epc,
            from_us=int(own["seen_us"][0]),
            at_us=self._history.closed_us,
            reads=own.size,
            state=TagState(int(row["state"])),
            zone=site.zones[zone].id if zone >= 0 else "",
            confidence=float(row["confidence"]) / SURE,
            x_m=x_m,
            y_m=y_m,
            seen_us=int(own["seen_us"][-1]),
            candidates=candidates,
            holds=tuple(holds(copy, quiet, passages, settled, site)),
            antennas=tuple(_antennas(weighed, candidates, copy, settled.plan, site)),
            sightings=tuple(_sighting(one, candidates, site) for one in reversed(weighed)),
            passages=passages,
            quiet=quiet,
        )

    def _passages(self, tag: int) -> tuple[Passage, ...]:
        verdicts = np.concatenate(self._verdicts)
        return telling.passages(verdicts[verdicts["tag"] == tag], self.index, self.site)


def _newest(own: Records) -> Records:
    """The reads to look at one by one: of the last minute, or a few where there were fewer; and never very many."""
    recent = own.size - int(np.searchsorted(own["seen_us"], own["seen_us"][-1] - WEIGHED_US))
    newest: Records = own[-min(max(recent, WEIGHED_MIN), WEIGHED_MAX) :]
    return newest


def _moments(reads: Records, before_us: int) -> Iterator[Records]:
    """The reads before a moment, those of one instant together."""
    reads = reads[reads["seen_us"] < before_us]
    cuts = np.flatnonzero(np.diff(reads["seen_us"])) + 1
    return iter(part for part in np.split(reads, cuts) if part.size)


def _candidates(copy: Copy, plan: Plan, site: Site) -> tuple[Candidate, ...]:
    """The zones the tag may be in, likeliest first; the gain is that of a zone's likeliest place."""
    place, parts = copy.belief.place[0], copy.belief.weight[0].astype(np.float64)
    weight = parts / max(parts.sum(), 1.0)
    gain = copy.belief.gain[0] * float(GAIN_UNIT_DB)
    found: dict[int, tuple[float, float]] = {}
    for p, w, g in zip(place.tolist(), weight.tolist(), gain.tolist(), strict=True):
        if p != NOWHERE:
            zone = int(plan.place_zone[p])
            so_far, first_gain = found.get(zone, (0.0, g))
            found[zone] = (so_far + w, first_gain)
    ranked = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))[:CANDIDATES_MAX]
    told = [*ranked[:2], *(one for one in ranked[2:] if one[1][0] >= LIKELY)]
    return tuple(Candidate(zone=site.zones[z].id, probability=w, gain_db=g) for z, (w, g) in told)


def _antennas(
    weighed: list[Weighed], candidates: tuple[Candidate, ...], copy: Copy, plan: Plan, site: Site
) -> Iterator[AntennaWord]:
    """What each antenna heard and says, the one that counts most first."""
    by_point: dict[int, list[Weighed]] = {}
    for one in weighed:
        by_point.setdefault(int(one.read["read_point"]), []).append(one)
    ranked = sorted(by_point.items(), key=lambda item: (-sum(one.counts for one in item[1]), item[0]))
    for point, heard in ranked:
        where = site.read_points[point]
        dbm = [float(one.read["rssi_dbm"]) for one in heard if one.read["rssi_dbm"] > UNHEARD_DBM]
        yield AntennaWord(
            reader=where.reader,
            antenna=where.antenna,
            zone=site.zones[where.zone].id if where.zone >= 0 else "",
            reads=len(heard),
            counts=sum(one.counts for one in heard),
            mean_dbm=sum(dbm) / len(dbm) if dbm else None,
            loudest_dbm=max(dbm, default=None),
            said=tuple(_said(heard, candidate, copy, plan, site) for candidate in candidates),
        )


def _said(heard: list[Weighed], candidate: Candidate, copy: Copy, plan: Plan, site: Site) -> Said:
    zone, point = site.zone_index[candidate.zone], heard[0].read["read_point"]
    place = next(p for p in copy.belief.place[0].tolist() if p != NOWHERE and plan.place_zone[p] == zone)
    return Said(
        zone=candidate.zone,
        expected_dbm=float(plan.hears[point, place, 0]) + candidate.gain_db,
        chance=min(float(np.exp(plan.hears[point, place, 3])), 1.0),
        log_weight=sum(one.log_weight.get(zone, 0.0) for one in heard),
    )


def _sighting(one: Weighed, candidates: tuple[Candidate, ...], site: Site) -> Sighting:
    read: Row = one.read
    point, dbm = site.read_points[int(read["read_point"])], float(read["rssi_dbm"])
    says = {candidate.zone: one.log_weight.get(site.zone_index[candidate.zone]) for candidate in candidates}
    return Sighting(
        seen_us=int(read["seen_us"]),
        reader=point.reader,
        antenna=point.antenna,
        rssi_dbm=dbm if dbm > UNHEARD_DBM else None,
        counts=one.counts,
        log_weight={zone: weight for zone, weight in says.items() if weight is not None},
    )
