"""Where every tag is, and what changed: one batch in, one Step out, no clock, no I/O, no chance."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine import telling
from core.engine.calibration import Calibration
from core.engine.checkpoint import CheckpointUnreadable, pack, unpack
from core.engine.dedupe import Dedupe
from core.engine.index import TagIndex
from core.engine.kernels_dedupe import KEPT, LATE, mark_late
from core.engine.kernels_live import look_ahead, tell_news
from core.engine.memory import dump_settled, load_settled, redrawn
from core.engine.passages import Passages
from core.engine.pending import Pending, evidence_of_events, evidence_of_reads
from core.engine.plan import dedupe_us_of, taught_plan
from core.engine.recent import Recent
from core.engine.records import EVIDENCE, LOOK, SHOWN, Ints, Records, join
from core.engine.records_belief import Belief
from core.engine.settled import Settled, Told
from core.model.batch import Batch, TagView
from core.model.columns import NEVER_US, ReadColumns
from core.model.reader_event import ReaderEvent
from core.model.step import PositionColumns, Step, StoredReads
from core.site import Site


class Engine:
    """One site's state. Same state, same batch: same Step; and where the stream is cut into batches is no matter."""

    def __init__(self, site: Site, calibration: Calibration | None = None, taught: int = 0) -> None:
        self.site = site
        self.taught = taught
        """Number of the calibration that it goes by, as whoever keeps them counts; 0 for the plan alone."""
        self.seq = 0
        """seq of the last step that was not empty."""
        self.closed_us = NEVER_US
        self._settle_us = round(site.engine.settle_s * 1e6)
        self._index = TagIndex()
        dedupe_us = dedupe_us_of(site)
        self._window_us = int(dedupe_us.max(initial=0))
        self._dedupe = Dedupe(dedupe_us)
        self._recent = Recent()
        self._pending = Pending()
        passages = Passages(site, calibration.doors if calibration else None)
        self._settled = Settled(site, taught_plan(site, calibration), passages)
        self._shown: Records = _blank_shown(0)

    def step(self, batch: Batch, closed_us: int) -> Step:
        """Take in what arrived, settle what can be, and say what changed."""
        known = self._index.known
        tag = self._index.find(batch.reads.epc_hi, batch.reads.epc_lo, batch.long_epcs)
        self._reserve()
        verdict = self._lateness(batch.reads)
        self._dedupe.sort(batch.reads, tag, verdict, self._pending)
        kept, late = (_chosen(batch.reads, tag, np.flatnonzero(verdict == fate)) for fate in (KEPT, LATE))
        events = self._recent.new_events(batch.events)
        told, positions = self._take(kept, events, closed_us)
        step = Step(
            site=self.site.id,
            seq=self.seq + 1,
            closed_us=self.closed_us,
            settled_us=self.settled_us,
            stored=kept,
            late=late,
            new_tags=telling.new_tags(tag, batch.reads.seen_us, known, self._index),
            positions=positions,
            movements=telling.movements(told.moves, self._index),
            passages=telling.passages(told.verdicts, self._index, self.site),
            presences=telling.presences(told.quiet, self._index),
            reader_changes=telling.reader_changes(told.changes, self.site),
            reader_events=events,
            sensor_readings=self._recent.new_readings(batch.sensor_readings),
            dead_letters=batch.dead_letters,
            messages=batch.messages,
            taught=self.taught,
            spooled=batch.spooled,
            ledger=telling.ledger(batch.ledger, batch.reads, verdict, self._settled.plan, self.site),
        )
        self.seq += not step.is_empty
        return step

    def replay(self, seq: int, reads: StoredReads, events: Sequence[ReaderEvent], closed_us: int) -> None:
        """Take a committed step again after a restart; what it told was told then."""
        assert seq > self.seq
        self._reserve()
        self._dedupe.note(reads.reads, reads.tag_id)
        self._take(reads, self._recent.new_events(events), closed_us)
        self.seq = seq

    def take_over(self, calibration: Calibration | None, taught: int) -> None:
        """
        Go on under another calibration, from the watermark on; nothing that is known is lost.

        What is told of a tag changes with its next read. Raises BadCalibration for one of another plan.
        """
        self._settled.take_over(taught_plan(self.site, calibration))
        self._settled.passages.judge_by(calibration.doors if calibration else None)
        self.taught = taught

    @property
    def settled_us(self) -> int:
        """The watermark: results before it are final."""
        return self.closed_us if self.closed_us == NEVER_US else self.closed_us - self._settle_us

    @property
    def pending(self) -> int:
        """How much evidence waits for the watermark."""
        return len(self._pending)

    @property
    def tags(self) -> int:
        """How many tags have ever been seen."""
        return self._index.known

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Rows, and bytes a row, of what grows with the tags: their rows, their EPCs, the table of repeats."""
        per_tag = (*self._settled.per_tag, self._shown)
        rows = self._shown.size
        return {
            "tags": (rows, sum(column.nbytes for column in per_tag) // rows),
            **self._index.sizes(),
            "repeats": self._dedupe.sizes(),
        }

    @property
    def offline_readers(self) -> frozenset[str]:
        """The readers that are settled to be offline."""
        online = self._settled.health.readers["online"]
        return frozenset(r.id for r, state in zip(self.site.readers, online.tolist(), strict=True) if state == 0)

    def explain(self, epc: str) -> TagView | None:
        """Say what is settled of a tag, and why; None for one never seen."""
        tag_id = self._index.id_of(epc)
        return None if tag_id is None else telling.view(epc, tag_id, self._settled, self.site)

    def load_tags(self, tags: Sequence[tuple[int, str]]) -> None:
        """Take over the ids that tags already have; once, before anything else."""
        self._index.load(tags)
        self._reserve()

    def warm_up(self) -> None:
        """Compile every kernel now, with the dtypes it will meet, so that no read pays for it."""
        from core.engine.warm_up import warm_up  # noqa: PLC0415 - it makes an Engine of its own

        warm_up()

    def checkpoint(self) -> bytes:
        """All state but the tags' EPCs, which the store has."""
        arrays = {
            **dump_settled(self._settled),
            "pending": self._pending.evidence,
            "tail": self._pending.tail,
            "dedupe": self._dedupe.table[self._dedupe.table[:, 0] >= 0],
            "shown": self._shown[: self._index.known],
            "recent": np.frombuffer(self._recent.dump(), np.uint8),
        }
        readers = [reader.id for reader in self.site.readers]
        points = [[p.reader, p.antenna] for p in self.site.read_points]
        facts: dict[str, Any] = {"seq": self.seq, "closed_us": self.closed_us, "sweep_at_us": self._settled.sweep_at_us}
        facts |= {"site": self.site.id, "taught": self.taught, "readers": readers, "read_points": points}
        return pack(arrays, facts)

    def restore(self, body: bytes, tags: Sequence[tuple[int, str]]) -> None:
        """Go on from a checkpoint; a blank engine's first act. Raises CheckpointUnreadable."""
        arrays, facts = unpack(body)
        points = [[p.reader, p.antenna] for p in self.site.read_points]
        if facts["site"] != self.site.id or facts["read_points"] != points[: len(facts["read_points"])]:
            raise CheckpointUnreadable(f"a checkpoint of {facts['site']} has other read points; rebuild from the reads")
        self.load_tags(tags)
        self.seq, self.closed_us = facts["seq"], facts["closed_us"]
        load_settled(self._settled, arrays, facts["readers"], self.site.reader_index)
        if facts.get("taught", 0) != self.taught:
            self._settled.forget_levels()
        self._settled.sweep_at_us = facts["sweep_at_us"]
        self._reserve()
        self._dedupe.load(arrays["dedupe"])
        self._recent.load(arrays["recent"].tobytes())
        waits = arrays["pending"][self._settled.plan.reader_of[arrays["pending"]["read_point"]] >= 0]
        self._pending.restore(join(EVIDENCE, arrays["tail"]), join(EVIDENCE, waits))
        self._shown[: arrays["shown"].size] = redrawn(arrays["shown"], ("x", "y"), arrays["box"], self._settled.plan)

    def _lateness(self, reads: ReadColumns) -> npt.NDArray[np.uint8]:
        """Which reads can't be folded any more; the others may be kept."""
        verdict = np.empty(len(reads), np.uint8)
        mark_late(reads.seen_us, reads.arrived_us, self._settle_us, self.settled_us, verdict)
        return verdict

    def _take(self, kept: StoredReads, events: Sequence[ReaderEvent], closed_us: int) -> tuple[Told, PositionColumns]:
        """Let kept reads and events become evidence, settle up to the watermark, and look ahead from there."""
        on_time = [e for e in events if e.seen_us >= max(e.arrived_us - self._settle_us, self.settled_us)]
        self._pending.add(
            evidence_of_reads(kept.reads, kept.tag_id),
            evidence_of_events(on_time, self.site.read_point_index, self._settled.passages.eyes, self._index.id_of),
        )
        self.closed_us = max(self.closed_us, closed_us)
        told = self._settled.advance(self._pending, self.settled_us)
        self._pending.retire(self.settled_us - self._window_us)
        # A door's verdict moves a tag too, seconds after its last read.
        return told, self._show(np.unique(np.concatenate((kept.tag_id, told.moves["tag"]))))

    def _show(self, tag: Ints) -> PositionColumns:
        """Fold the tags' pending reads into copies of their rows, and tell those that look different from before."""
        settled, pending, looks = self._settled, self._pending, np.empty(tag.size, LOOK)
        # Taken, not indexed: numpy takes ten times as long to index records.
        rows = settled.tags.take(tag)
        belief = Belief._make(column.take(tag, axis=0) for column in settled.belief)
        look_ahead(tag, pending.first, pending.waiting, rows, belief, settled.plan, settled.scratch)
        news = tell_news(tag, rows, belief, settled.plan, self._shown, looks)
        return telling.positions(looks[:news])

    def _reserve(self) -> None:
        """Make room in every table for all known tags."""
        n = self._index.known
        self._settled.reserve(n)
        if n > self._shown.size:
            more = max(n, 2 * self._shown.size) - self._shown.size
            self._shown = join(SHOWN, self._shown, _blank_shown(more))


def _chosen(reads: ReadColumns, tag: Ints, at: npt.NDArray[np.intp]) -> StoredReads:
    return StoredReads(reads=reads.take(at), tag_id=tag[at])


def _blank_shown(n: int) -> Records:
    shown = np.zeros(n, SHOWN)
    shown["state"] = -1
    return shown
