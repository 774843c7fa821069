"""
`python -m tests.faults.soak --for MINUTES --seed N`: the whole line under steady load, and a random fault a minute.

The same oracle judges it; besides, the memory, files and threads of our processes must not grow.
"""

import argparse
import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.faults.clients import listening, looking
from tests.faults.gauges import LIMITS_PER_H, Gauges, gauged
from tests.faults.judge import Verdict
from tests.faults.matrix import BRISK, fault_of
from tests.faults.of_web import (
    BACK_S_MAX,
    CAUGHT_UP_S_MAX,
    TOLD_S_MAX,
    alert_events,
    cut_often,
    restart,
    serving,
)
from tests.faults.runs import run
from tests.faults.slope import SURE
from tests.faults.stage import Fault, Stage, house_of

Act = Callable[[Stage], None]

MINUTE_S: Final = 60.0
AT_REST_S: Final = 5.0
"""How long after a fault what it left behind may take to go."""
CLIENTS: Final = 5
"""At the alerts, and as many at the live map."""
ENDING: Final = ("F01", "F01s", "F12", "F30", "F40", "F47")
"""Faults that are over in less than a minute, and in which processes of ours end."""
OUTLIVED: Final = ("F04", "F10", "F11", "F15", "F17", "F20", "F21s", "F22", "F22t", "F23", "F26", "F38")
"""The same, which they all outlive."""
ENDING_PART: Final = 1 / 3
"""In which part of the time processes may end. From then on they live, so that one sees whether they grow."""


FILLED_MIN: Final = 45.0
"""Only from so many minutes on may memory be held to its limit: for 21 minutes at this load `ingest` goes on to fill
its memory of the last 100,000 messages, and lives so long again only in such a run."""
FILLING_MB_PER_H: Final = 30.0
"""What that takes meanwhile, at most; in a shorter run only more than this is growth."""


class Soak:
    """The act of the longest fault of all: others of the matrix, one a minute."""

    def __init__(self, minutes: float, samples: Path | None) -> None:
        self.growth: dict[str, dict[str, Any]] = {}
        self.faults: list[dict[str, Any]] = []
        self._minutes = minutes
        self._samples = samples
        self._began_s = 0.0

    def __call__(self, stage: Stage) -> None:
        """Break things until the time is over, then see what each client was told and what has grown."""
        with serving(stage) as (api, link, token):
            alerts, live = (f"ws://127.0.0.1:{link.port}/ws/v1/{what}?site={stage.site}" for what in ("alerts", "live"))
            with (
                listening(CLIENTS, alerts, token) as clients,
                looking(CLIENTS, live, token) as lookers,
                gauged({"ingest": stage.service, "api": api}) as gauges,
            ):
                stage.must("clients were not let in", hold=stage.until(clients.all_in, BACK_S_MAX))
                web = {"F38": cut_often, "F40": restart}
                acts = {name: partial(act, api=api, link=link, clients=clients) for name, act in web.items()}
                self._break(stage, gauges, acts)
                stage.until(lambda: clients.missed(alert_events(stage)) == 0, CAUGHT_UP_S_MAX)
                stage.verdict.ws_gaps = clients.missed(alert_events(stage))
                stage.must("the live map's clients were not let in", hold=lookers.all_in())
            self._judge(stage, gauges)

    def _break(self, stage: Stage, gauges: Gauges, acts: Mapping[str, Act]) -> None:
        """A minute of calm, and then one fault a minute."""
        rough, deck = (_deck(stage.rng, ids, acts) for ids in (ENDING + OUTLIVED, OUTLIVED))
        self._began_s = time.monotonic()
        for minute in itertools.count(1):
            gauges.calm = True
            time.sleep(max(0.0, self._began_s + min(minute, self._minutes) * MINUTE_S - time.monotonic()))
            if minute >= self._minutes:
                return
            gauges.calm = False
            self._strike(stage, next(deck if minute > ENDING_PART * self._minutes else rough))
            time.sleep(AT_REST_S)

    def _strike(self, stage: Stage, fault: Fault) -> None:
        """One fault, while tags go missing that come back once that is told."""
        at_s = time.monotonic() - self._began_s
        sys.stderr.write(f"{at_s / MINUTE_S:6.1f} min  {fault.id:4} {fault.title}")
        sys.stderr.flush()
        taken = stage.world.take_many_away()
        before = len(stage.verdict.broken)
        fault.act(stage)
        took_s = time.monotonic() - self._began_s - at_s
        stage.until(lambda: stage.world.alerts <= stage.judge.alerts(), TOLD_S_MAX)
        stage.world.bring_back(taken)
        wrong = stage.verdict.broken[before:]
        stage.verdict.broken[before:] = [f"{fault.id} at {at_s:.0f} s: {what}" for what in wrong]
        sys.stderr.write(f" ({took_s:.0f} s){''.join(f'; {what}' for what in wrong)}\n")
        self.faults.append({"id": fault.id, "at_s": round(at_s), "took_s": round(took_s, 1)})

    def _judge(self, stage: Stage, gauges: Gauges) -> None:
        for process in gauges.services:
            for quantity, limit in LIMITS_PER_H.items():
                slope = gauges.slope(process, quantity)
                reading, most = slope.reading(limit), round(gauges.highest(process, quantity), 1)
                if quantity == "memory_mb" and self._minutes < FILLED_MIN:
                    grows = slope.reading(limit + FILLING_MB_PER_H) == "grows"
                    reading = "grows" if grows else "can't tell"
                said = {**slope.as_json(), "limit_per_h": limit, "most": most, "reading": reading}
                self.growth.setdefault(process, {})[quantity] = said
                stage.must(f"{process}: {quantity} grows by {slope.per_h:.1f} an hour", hold=reading != "grows")
        if self._samples is not None:
            lines = [[s.process, s.pid, round(s.at_s - self._began_s, 1), s.calm, s.values] for s in gauges.samples]
            self._samples.write_text("".join(json.dumps(line) + "\n" for line in lines))


def _deck(rng: random.Random, ids: Sequence[str], acts: Mapping[str, Act]) -> Iterator[Fault]:
    """Faults in random order, each once before any comes again."""
    while True:
        for fault_id in rng.sample(ids, len(ids)):
            fault = fault_of(fault_id)
            yield replace(fault, act=acts.get(fault_id, fault.act))


def summary(soak: Soak, verdict: Verdict) -> str:
    """What a person wants to know."""
    lines = [
        f"{len(soak.faults)} faults, {verdict.obligations} owed: {verdict.lost} lost, {verdict.duplicated} doubled",
        f"{verdict.state_mismatch} tags misplaced, {verdict.alert_missed + verdict.alert_false} wrong alerts",
        f"{verdict.gaps} reads lost by the ledger, {verdict.ws_gaps} alerts that a client was not told",
    ]
    for process, quantities in soak.growth.items():
        for quantity, said in quantities.items():
            error = "unknown" if said["error_h"] is None else f"{SURE * said['error_h']:.2f}"
            lines.append(
                f"{process:7} {quantity:9} {said['per_h']:+9.2f} an hour, give or take {error}: {said['reading']}"
                f" (limit {said['limit_per_h']:g}, most {said['most']:g}, {said['samples']} samples)"
            )
            if said["reading"] == "can't tell":
                lines.append(" " * 18 + "this run is too short to tell: run it for an hour")
    return "\n".join([*lines, "; ".join(verdict.wrong()) or "passed"]) + "\n"


def main() -> int:
    """Run; 1 where it was not passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--for", dest="minutes", type=float, default=60.0, help="how many minutes (60)")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="which faults, and when")
    parser.add_argument("--samples", type=Path, help="also write every sample to this file, a line of JSON each")
    told = parser.parse_args()
    sys.stderr.write(f"soak: seed {told.seed}, {told.minutes:g} minutes\n")
    soak = Soak(told.minutes, told.samples)
    fault = Fault(id="soak", title="a fault a minute", means="all of these", act=soak, told=BRISK)
    with house_of() as house:
        verdict = run(fault, told.seed, house)
    line = {**verdict.line(), "minutes": told.minutes, "faults": soak.faults, "growth": soak.growth}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stderr.write(summary(soak, verdict))
    return 1 if verdict.wrong() else 0


if __name__ == "__main__":
    sys.exit(main())
