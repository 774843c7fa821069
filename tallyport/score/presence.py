"""
How often a tag that was there was declared gone, and how soon one that had gone was.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tallyport.score.figures import quantile
from tallyport.score.tables import read_table
from tallyport.score.truth import Stay, presences

PRESENT: Final = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What we said: from this second on the tag is in this state, 'present' or any other."""

    epc: str
    at_s: float
    state: str


def score_presence(stays: Iterable[Stay], words: Iterable[Word], end_s: float) -> dict[str, Any]:
    """
    Count the exits that were none, and measure how late the true ones were noticed.

    stays  the truth; a tag is there during the union of its stays, and leaves at the union's end
    words  what was published, in any order
    end_s  where the truth ends: a tag that was there until then, and of which no more was said, has not left

    Between two stays a tag may be called present or gone: both are right. An exit that was never noticed took
    infinitely long; one of a tag that was already declared gone took no time.
    """
    said = _exits(words)
    false_exits, delays = 0, []
    for epc, spans in presences(stays).items():
        exits = said.get(epc, [])
        false_exits += sum(from_s <= gone_s < to_s for gone_s, _ in exits for from_s, to_s in spans)
        left_s = spans[-1][1]
        delay_s = min((max(gone_s - left_s, 0.0) for gone_s, back_s in exits if back_s > left_s), default=math.inf)
        if math.isfinite(delay_s) or left_s < end_s:
            delays.append(delay_s)
    return {
        "false_exits": false_exits,
        "exit_delay_s": {
            "p50": quantile(delays, 0.5),
            "p95": quantile(delays, 0.95),
            "n": len(delays),
            "never": sum(map(math.isinf, delays)),
        },
    }


def read_presence(path: Path) -> list[Word]:
    """Read presence.csv as `tallyport replay` writes it. Raises BadTable."""
    return [
        Word(epc=row.epc(), at_s=row.seconds("time"), state=row.some("state"))
        for row in read_table(path, ("time", "epc", "state")).rows
    ]


def _exits(words: Iterable[Word]) -> dict[str, list[tuple[float, float]]]:
    """When each tag was declared gone, and until when it was held to be."""
    exits: dict[str, list[tuple[float, float]]] = defaultdict(list)
    there: dict[str, bool] = {}
    for word in sorted(words, key=lambda w: w.at_s):
        own, was_there = exits[word.epc], there.get(word.epc, True)
        there[word.epc] = word.state == PRESENT
        if was_there and word.state != PRESENT:
            own.append((word.at_s, math.inf))
        elif not was_there and word.state == PRESENT:
            own[-1] = (own[-1][0], word.at_s)
    return exits
