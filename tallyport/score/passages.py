"""
How right the verdicts at the doors were.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from tallyport.score.figures import mean, share
from tallyport.score.tables import BadTable, read_table
from tallyport.score.truth import DIRECTIONS, VERDICTS, Passage, Truth

TOLERANCE_S: Final = 3.0
"""A verdict whose time misses a true passage by less than this is still about it: tags are heard before and after."""
THROUGH: Final = "through"
UNSURE: Final = "review"
"""A verdict of ours that no truth has: a person is asked. It is never right."""
WRONG: Final = ("", "none")

Answer = tuple[str, str]
"""A verdict and a direction."""


def score_passages(truth: Truth, ours: Sequence[Passage]) -> dict[str, Any]:
    """
    Hold our verdicts against the true passages: mean recall of the true classes, F1 of `through`, share of directions.

    false_through counts our `through` verdicts at times when the tag truly did nothing at that door; None where the
    truth does not tell of passages. A figure of which the truth has no case is None.
    """
    said = _about(truth.passages, ours)
    answers = [_answer(true, rows) for true, rows in zip(truth.passages, said, strict=True)]
    pairs = list(zip(truth.passages, answers, strict=True))
    recalls = []
    for verdict in VERDICTS:
        given = [answer for true, (answer, _) in pairs if true.verdict == verdict]
        if given:
            recalls.append(given.count(verdict) / len(given))
    true_through = [(true, answer) for true, answer in pairs if true.verdict == THROUGH]
    found = sum(answer == THROUGH for _, (answer, _) in true_through)
    claimed = sum(answer == THROUGH for answer, _ in answers)
    directed = [(true, answer) for true, answer in true_through if true.direction != "none"]
    return {
        "macro_accuracy": mean(recalls),
        "through_f1": share(2 * found, len(true_through) + claimed),
        "direction_accuracy": share(sum(true.direction == way for true, (_, way) in directed), len(directed)),
        "false_through": _strays(truth.passages, ours) if truth.tells_passages else None,
        "n": len(pairs),
    }


def read_passages(path: Path) -> list[Passage]:
    """Read passages.csv as `tallyport replay` writes it. Raises BadTable."""
    table = read_table(path, ("opened", "closed", "door", "epc", "verdict", "direction"))
    passages = []
    for row in table.rows:
        from_s, to_s = row.seconds("opened"), row.seconds("closed")
        if to_s < from_s:
            raise BadTable(f"{path}:{row.line}: closed lies before opened: swap them")
        verdict = row.word("verdict", (*VERDICTS, UNSURE))
        direction = row.word("direction", (*DIRECTIONS, "")) or "none"
        passages.append(
            Passage(
                epc=row.epc(),
                door=row.some("door"),
                from_s=from_s,
                to_s=to_s,
                verdict=verdict,
                direction=direction,
            )
        )
    return passages


def overlap_s(a: Passage, b: Passage) -> float:
    """Seconds that two passages share; below 0 the seconds between them."""
    return min(a.to_s, b.to_s) - max(a.from_s, b.from_s)


def _about(truth: Sequence[Passage], ours: Iterable[Passage]) -> list[list[Passage]]:
    """
    Of our passages, those about each true one: those that overlap it.

    One that overlaps no true passage is about the nearest one within the tolerance.
    """
    about: list[list[Passage]] = [[] for _ in truth]
    places = _by_place(truth)
    for own in ours:
        shared = [(overlap_s(true, own), i) for i, true in places.get((own.epc, own.door), ())]
        near = [i for seconds, i in shared if seconds >= 0]
        if not near and shared and max(shared)[0] >= -TOLERANCE_S:
            near = [max(shared)[1]]
        for i in near:
            about[i].append(own)
    return about


def _answer(true: Passage, rows: Sequence[Passage]) -> Answer:
    """
    What we said of one true passage, all in all.

    `through`, if one of several rows says so; else the verdict with the most seconds. To say nothing is to say that the
    tag did not move, which is right of a static one only. The way that it went, or would have gone, counts whatever the
    verdict was.
    """
    if not rows:
        return ("static", "none") if true.verdict == "static" else WRONG
    moved = [row for row in rows if row.verdict == THROUGH]
    if moved:
        return THROUGH, max(moved, key=lambda row: overlap_s(true, row)).direction
    seconds: dict[str, float] = defaultdict(float)
    for row in rows:
        seconds[row.verdict] += max(overlap_s(true, row), 0.0)
    way = max(rows, key=lambda row: overlap_s(true, row)).direction
    return max(seconds, key=lambda verdict: seconds[verdict]), way


def _strays(truth: Sequence[Passage], ours: Iterable[Passage]) -> int:
    places = _by_place(truth)
    return sum(
        own.verdict == THROUGH
        and all(overlap_s(true, own) < -TOLERANCE_S for _, true in places.get((own.epc, own.door), ()))
        for own in ours
    )


def _by_place(truth: Sequence[Passage]) -> dict[tuple[str, str], list[tuple[int, Passage]]]:
    places: dict[tuple[str, str], list[tuple[int, Passage]]] = defaultdict(list)
    for i, true in enumerate(truth):
        places[true.epc, true.door].append((i, true))
    return places
