"""What must be the same whatever happened on the way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from core.engine import Engine
from core.model.alert import AlertChange, AlertRaised
from core.model.batch import TagView
from core.model.passage import Passage
from core.model.reader_event import ReaderEvent
from core.model.step import Movement, PresenceChange, ReaderChange, Step
from core.rules import World, evaluate
from core.site import Site
from tests.streams import EPCS, Delivered, close, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    Settled positions, movements, passages, presence, reader changes and alerts, told by EPC: ids depend on who
    arrived first.
    """

    tags: dict[str, TagView | None]
    movements: list[Movement]
    passages: list[Passage]
    presences: list[PresenceChange]
    reader_changes: list[ReaderChange]
    alerts: list[AlertChange]
    shown: dict[str, tuple[int, int]]


def outcome(engine: Engine, steps: Sequence[Step], offline: Sequence[frozenset[str]]) -> Outcome:
    """What the steps told in all, and where the engine stands."""
    told = [
        evaluate(step, World(site=engine.site, offline_readers=off)) for step, off in zip(steps, offline, strict=True)
    ]
    tags = {epc: engine.explain(epc) for epc in EPCS}
    epc_of = {new.tag_id: new.epc for step in steps for new in step.new_tags}
    shown: dict[str, tuple[int, int]] = {}
    for step in steps:
        for tag, zone, state in zip(step.positions.tag_id, step.positions.zone, step.positions.state, strict=True):
            shown[epc_of[int(tag)]] = (int(zone), int(state))
    return Outcome(
        tags={epc: view and replace(view, tag_id=0) for epc, view in tags.items()},
        movements=sorted((replace(m, tag_id=0) for s in steps for m in s.movements), key=lambda m: (m.at_us, m.epc)),
        passages=sorted(
            (replace(p, tag_id=0) for s in steps for p in s.passages), key=lambda p: (p.closed_us, p.epc, p.door)
        ),
        presences=sorted((replace(p, tag_id=0) for s in steps for p in s.presences), key=lambda p: (p.at_us, p.epc)),
        reader_changes=[change for step in steps for change in step.reader_changes],
        alerts=sorted(
            (_anonymous(a) for step in told for a in step.alerts), key=lambda a: (a.at_us, a.rule, a.subject)
        ),
        shown=shown,
    )


def _anonymous(alert: AlertChange) -> AlertChange:
    return replace(alert, tag_id=None) if isinstance(alert, AlertRaised) else alert


class Recorder:
    """An engine with what it has told, and who was offline as it told it."""

    def __init__(self, site: Site) -> None:
        self.engine = Engine(site)
        self.steps: list[Step] = []
        self.offline: list[frozenset[str]] = []

    def take(self, messages: Sequence[Delivered], cuts: Iterable[int] = ()) -> "Recorder":
        """Feed messages, cut before the given places."""
        cut_set = sorted({0, len(messages), *(cut for cut in cuts if cut < len(messages))})
        for start, end in pairwise(cut_set):
            self.note(run(self.engine, messages[start:end]))
        return self

    def note(self, steps: Iterable[Step]) -> None:
        """Remember what was told."""
        for step in steps:
            self.steps.append(step)
            self.offline.append(self.engine.offline_readers)

    def events(self) -> list[ReaderEvent]:
        """The readers' words told so far, by time: when they arrived is no matter."""
        told = [replace(event, arrived_us=0) for step in self.steps for event in step.reader_events]
        return sorted(told, key=lambda e: (e.seen_us, e.reader, e.kind, e.port))

    def end(self) -> Outcome:
        """Let everything settle, and for long enough that silence has its say."""
        self.note([close(self.engine)])
        return outcome(self.engine, self.steps, self.offline)
