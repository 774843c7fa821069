"""What is settled: where every tag is and how every reader does, up to the watermark."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from core.engine.carry import carried
from core.engine.kernels_settle import settle
from core.engine.kernels_silence import NO_TICK_US, any_due, go_out, miss_readers, next_deadline, sweep
from core.engine.passages import Passages
from core.engine.pending import Pending
from core.engine.records import (
    READER,
    TAG,
    TICK_US,
    UNJUDGED,
    UNKNOWN,
    Health,
    Plan,
    Records,
    blank_tags,
    join,
    new_out,
)
from core.engine.records_belief import Belief, blank_belief, new_scratch
from core.engine.records_passage import NO_WAY, OUTWARD, THROUGH
from core.model.columns import NEVER_US
from core.site import Site

ECHO_US: Final = 3_000_000
"""Other antennas may hear a tag for this long after the door that it went out by: from outside, through the door."""
LIKELY_THROUGH: Final = 0.1
"""A passage that is less likely than this to have gone through lets nothing leave."""
SURELY_THROUGH: Final = 0.55
"""From this chance on a tag has gone out by that alone; below, it must be thought to be at the door as well."""
CHUNK = 4096


class Told(NamedTuple):
    """What settling told, in its order: MOVEMENT[m], CHANGE[n], QUIET[q], VERDICT[v]."""

    moves: Records
    changes: Records
    quiet: Records
    verdicts: Records


class Settled:
    """Rows of tags and readers that evidence and ticks move on, in one order whatever the batches were."""

    def __init__(self, site: Site, plan: Plan, passages: Passages) -> None:
        self.plan = plan
        self.passages = passages
        self.scratch = new_scratch(self.plan)
        self.n_tags = 0
        self.sweep_at_us = NO_TICK_US
        """Tick that follows the evidence folded last and is not past yet."""
        self.tags = blank_tags(1024)
        self.belief = blank_belief(1024, self.plan.nearby.shape[1], self.plan.noise.size)
        zones, points = len(site.zones), len(site.read_points)
        self.health = Health(
            readers=new_readers(site),
            up=np.ones(points, np.uint8),
            ears_s=np.zeros(points),
            exposure=np.zeros(zones),
            zone_due=np.full(zones, np.inf),
        )
        self._patience_us = round(site.engine.reader_offline_after_s * 1e6)
        self._out = new_out(max(CHUNK, len(site.readers)))
        self._told: list[tuple[Records, Records, Records]] = []
        self._verdicts: list[Records] = []
        self._door_zone = [site.zone_index[door.zone] for door in site.doors]

    @property
    def per_tag(self) -> tuple[npt.NDArray[Any], ...]:
        """All columns that have a row a tag."""
        return (self.tags, *self.belief, self.passages.at.head)

    def reserve(self, n_tags: int) -> None:
        """Make room for this many tags, by doubling."""
        size = self.tags.size
        if n_tags > size:
            more = max(n_tags, 2 * size) - size
            self.tags = join(TAG, self.tags, blank_tags(more))
            self.belief = _grown(self.belief, blank_belief(more, self.plan.nearby.shape[1], self.plan.noise.size))
        self.n_tags = max(self.n_tags, n_tags)

    def take_over(self, plan: Plan) -> None:
        """Go on under another table of places: what was believed goes to them, how loud tags are is learned anew."""
        self.belief = carried(self.belief, self.plan.place_zone, self.plan.place_xy, plan)
        self.plan, self.scratch = plan, new_scratch(plan)
        self.forget_levels()

    def forget_levels(self) -> None:
        """Take every tag and antenna as one of unknown loudness: what is typical is another table's word by now."""
        self.belief.gain[:] = 0
        self.tags["gain_reads"] = 0.0
        self.plan.offset_db[:] = 0.0

    def advance(self, pending: Pending, watermark_us: int) -> Told:
        """Fold what lies before the watermark, and look at silence on each second passed."""
        out = self._out
        self._told = [(out.moves[:0], out.changes[:0], out.quiet[:0])]
        self._verdicts = [self.passages.fetch()]
        while True:
            ready = pending.ready(watermark_us)
            first_us = int(pending.evidence["seen_us"][0]) if ready else NO_TICK_US
            deadline_us = int(next_deadline(self._patience_us, self.health))
            close_us = tick_from(self.passages.next_close_us())
            tick_us = min(self.sweep_at_us, tick_from(first_us), deadline_us, close_us)
            if tick_us >= watermark_us:
                self._fold(pending, ready)
                break
            self._fold(pending, min(ready, pending.ready(tick_us + 1)))
            self._tick(tick_us)
        self._drain()
        moves, changes, quiet = (_joined(parts) for parts in zip(*self._told, strict=True))
        return Told(moves, changes, quiet, _joined(self._verdicts))

    def _fold(self, pending: Pending, n: int) -> None:
        if n == 0:
            return
        evidence = pending.take(n)
        self.sweep_at_us = tick_from(int(evidence["seen_us"][-1]))
        for start in range(0, n, CHUNK):
            part = evidence[start : start + CHUNK]
            self._drain()
            settle(part, self.tags, self.belief, self.health, self.plan, self.scratch, self._out)
            self.passages.fold(part, self.n_tags)
            self._judge(0)

    def _tick(self, tick_us: int) -> None:
        self.sweep_at_us = NO_TICK_US
        self._drain()
        miss_readers(tick_us, self._patience_us, self.health, self._out)
        self.passages.close_due(tick_us)
        self._let_out(tick_us, self._judge(ECHO_US))
        if not any_due(self.health):
            return
        tags = self.tags[: self.n_tags]
        while not sweep(tick_us, tags, self.health, self.plan, self._out):
            self._drain()

    def _judge(self, echo_us: int) -> Records:
        """Note on the tags how their passages were judged. Returns those that went out and were silent since."""
        every = self.passages.fetch()
        if every.size == 0:
            return every
        self._verdicts.append(every)
        verdicts = every[every["outdone"] == 0]
        tag, through = verdicts["tag"], verdicts["verdict"] == THROUGH
        silent = self.tags["seen_us"][tag] <= verdicts["closed_us"] + echo_us
        # A tag heard again after it went through is judged by what it does next.
        self.tags["verdict"][tag] = np.where(through & ~silent, UNJUDGED, verdicts["verdict"])
        self.tags["way"][tag] = np.where(verdicts["through"] >= LIKELY_THROUGH, verdicts["direction"], NO_WAY)
        surely = through & (verdicts["through"] >= SURELY_THROUGH)
        out: Records = verdicts[silent & surely & (verdicts["direction"] == OUTWARD)]
        return out

    def _let_out(self, at_us: int, verdicts: Records) -> None:
        for tag, door in zip(verdicts["tag"].tolist(), verdicts["door"].tolist(), strict=True):
            zone = self._door_zone[door]
            go_out(tag, at_us, zone, self.tags[tag], self.belief, self.health, self.plan, self._out)

    def _drain(self) -> None:
        out = self._out
        moves, changes, quiet = out.n.tolist()
        if not moves + changes + quiet:
            return
        self._told.append((out.moves[:moves].copy(), out.changes[:changes].copy(), out.quiet[:quiet].copy()))
        out.n[:] = 0


def _joined(parts: Sequence[Records]) -> Records:
    """Put records together. Most are empty, and numpy takes long over each."""
    told = [part for part in parts if part.size] or parts[:1]
    return told[0] if len(told) == 1 else np.concatenate(told)


def _grown(belief: Belief, more: Belief) -> Belief:
    return Belief(
        place=np.concatenate((belief.place, more.place)),
        weight=np.concatenate((belief.weight, more.weight)),
        gain=np.concatenate((belief.gain, more.gain)),
        sway=np.concatenate((belief.sway, more.sway)),
    )


def tick_from(at_us: int) -> int:
    """Give the first whole second that is not before a time."""
    return at_us + (-at_us) % TICK_US


def new_readers(site: Site) -> Records:
    """The site's readers, none of them heard yet."""
    rows = np.zeros(len(site.readers), READER)
    rows["mark_us"] = NEVER_US
    rows["heartbeat_us"] = [round(reader.heartbeat_s * 1e6) for reader in site.readers]
    rows["online"] = UNKNOWN
    rows["listening"] = 1
    return rows
