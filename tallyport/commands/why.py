"""Why a tag is where it is, told to people: the rule that decided, what each antenna says, and what was heard last."""

from datetime import datetime
from typing import Any, Final

from core.model.step import TagState
from core.model.why import AntennaWord, HoldRule, Quiet, Said, Why
from core.site import Site
from core.store.times import timestamp
from core.why import Answer
from tallyport.commands.console import out, print_table, when

COLUMNS_MAX: Final = 3
"""Candidates with a column of their own."""
SIGHTINGS_MAX: Final = 8
LITTLE: Final = 0.05
"""What changes a probability by less than this part says nothing either way."""


def print_why(answer: Answer) -> None:
    """Print an answer, after the line that says where the tag is."""
    if answer.differs:
        out.print(f"\nMind: {answer.differs}.", style="yellow", markup=False)
    if answer.why is None:
        _say("\nNo reads of it are kept any more, so nothing can be said of why.")
    else:
        _print_reasons(answer.why, answer.site)
        _print_antennas(answer.why, answer.site)
        _print_sightings(answer.why, answer.site)
    _print_past(answer.passages, answer.movements)


def _print_reasons(why: Why, site: Site) -> None:
    _say("\nWhy")
    for candidate in why.candidates:
        loud = "as loud as most" if abs(candidate.gain_db) < 1.0 else f"{candidate.gain_db:+.0f} dB next to most"
        _say(f"  {candidate.probability:6.1%}  {_zone(candidate.zone, site)}  (the tag would be {loud})")
    if not why.candidates:
        _say("  no zone is a candidate")
    for hold in why.holds:
        _say(f"  - {hold.says}")
    if why.quiet is not None and HoldRule.SILENCE not in {hold.rule for hold in why.holds}:
        _say(f"  - {_quiet(why.quiet)}")


def _quiet(quiet: Quiet) -> str:
    gone = "has left" if quiet.gone_is is TagState.LEFT else "is missing"
    return (
        f"not heard for {quiet.silent_s:.0f} s of listening; at its own pace {quiet.absent_after_s:.0f} s are nothing "
        f"unusual, and it {gone} after {quiet.gone_after_s:.0f} s; there with {quiet.presence:.0%}"
    )


def _print_antennas(why: Why, site: Site) -> None:
    shown = why.candidates[:COLUMNS_MAX]
    _say(f"\nWhat the antennas say, by the last {len(why.sightings)} of {why.reads} reads:")
    print_table(
        ("reader", "antenna", "is there for", "reads", "heard dBm", *(_zone(one.zone, site) for one in shown)),
        [
            (
                word.reader,
                word.antenna,
                _zone(word.zone, site),
                word.reads,
                "" if word.mean_dbm is None else f"{word.mean_dbm:.0f}",
                *(_said(word, said) for said in word.said[:COLUMNS_MAX]),
            )
            for word in why.antennas
        ],
        "none heard it",
    )
    _say("for a zone: the level to expect of the tag there, and how far the reads speak for (+) or against (-) it")


def _said(word: AntennaWord, said: Said) -> str:
    weight = f"{said.log_weight:+.1f}" if abs(said.log_weight) >= LITTLE else "0"
    return f"{said.expected_dbm:.0f}, {weight}" if word.mean_dbm is not None else weight


def _print_sightings(why: Why, site: Site) -> None:
    _say("\nHeard last:")
    rows = []
    for seen in why.sightings[:SIGHTINGS_MAX]:
        says = ", ".join(
            f"{_zone(zone, site)} {weight:+.1f}" for zone, weight in seen.log_weight.items() if abs(weight) >= LITTLE
        )
        level = None if seen.rssi_dbm is None else f"{seen.rssi_dbm:.1f}"
        rows.append((when(timestamp(seen.seen_us)), seen.reader, seen.antenna, level, f"{seen.counts:.2f}", says))
    print_table(("seen", "reader", "antenna", "dBm", "counts", "says"), rows, "nothing")


def _print_past(passages: list[dict[str, Any]], movements: list[dict[str, Any]]) -> None:
    _say("\nAt doors:")
    print_table(
        ("from", "until", "door", "verdict", "way", "sure", "reads"),
        [(*_times(p), p["door"], p["verdict"], p["direction"], f"{p['confidence']:.0%}", p["reads"]) for p in passages],
        "at none lately",
    )
    _say("\nMoves:")
    print_table(
        ("at", "what", "from", "to", "sure"),
        [(when(m["at"]), m["kind"], m["from_zone"], m["to_zone"], f"{m['confidence']:.0%}") for m in movements],
        "it has not moved",
    )


def _times(passage: dict[str, Any]) -> tuple[str, str]:
    opened: datetime = passage["opened_at"]
    return when(opened), when(passage["closed_at"])


def _zone(zone: str, site: Site) -> str:
    return site.zones[site.zone_index[zone]].name if zone else "no zone"


def _say(line: str) -> None:
    out.print(line, markup=False)
