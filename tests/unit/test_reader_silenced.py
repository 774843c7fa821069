"""A reader cut off for an hour, through engine and rules: nothing is lost, one alert, all is well when it is back."""

import random
from typing import Final

from core.model.alert import AlertRaised, AlertResolved
from core.model.step import MovementKind, TagState
from core.rules import World, evaluate
from tests.laws.outcome import Recorder
from tests.streams import SECOND_US, START_US, Delivered, Heard, small_site

SITE: Final = small_site(missing_after_s=120.0)
MINUTES: Final = 80
CUT_FROM, CUT_TO = 10, 70
"""The minutes between which the east reader tells nothing."""
EVERY_S: Final = 6
TAGS: Final = {"west": range(8), "east": range(8, 16)}
STEP_MESSAGES: Final = 80


def epc(number: int) -> str:
    """A tag's EPC."""
    return f"E2801160{number:08X}"


def told(reader: str) -> list[Delivered]:
    """What a reader tells each few seconds: a third of its tags, by one of two antennas in its room."""
    rng = random.Random(reader)
    points = [SITE.read_point_index[reader, port] for port in (1, 2)]
    messages = []
    for second in range(0, MINUTES * 60, EVERY_S):
        if reader == "east" and CUT_FROM <= second / 60 < CUT_TO:
            continue
        at_us = START_US + second * SECOND_US
        words = tuple(
            Heard(
                seen_us=at_us,
                arrived_us=at_us,
                read_point=rng.choice(points),
                epc=epc(tag),
                rssi_dbm=rng.gauss(-56.0, 2.0),
            )
            for tag in TAGS[reader][second // EVERY_S % 3 :: 3]
        )
        messages.append(Delivered(at_us=at_us, arrived_us=at_us, words=words))
    return messages


def test_reader_silent_for_an_hour_loses_nothing_and_is_told_once() -> None:
    """
    None of what it heard last leaves, goes missing, falls quiet or moves; one alert is raised and resolved; and
    afterwards each tag is where it was, as surely as before.
    """
    messages = sorted([*told("west"), *told("east")], key=lambda message: message.at_us)
    cut = next(i for i, message in enumerate(messages) if message.at_us >= START_US + CUT_FROM * 60 * SECOND_US)
    recorder = Recorder(SITE)
    recorder.take(messages[:cut], range(0, cut, STEP_MESSAGES))
    before = {tag: recorder.engine.explain(epc(tag)) for tag in TAGS["east"]}
    first = len(recorder.steps)
    recorder.take(messages[cut:], range(0, len(messages), STEP_MESSAGES))
    steps = recorder.steps[first:]
    alerts = [
        alert
        for step, offline in zip(recorder.steps, recorder.offline, strict=True)
        for alert in evaluate(step, World(site=SITE, offline_readers=offline)).alerts
    ]

    gone = [
        move for step in steps for move in step.movements if move.kind in (MovementKind.LEAVE, MovementKind.MISSING)
    ]
    moved = [move for step in steps for move in step.movements if move.epc in {epc(tag) for tag in TAGS["east"]}]
    assert (moved, gone) == ([], [])
    quiet = [change.epc for step in steps for change in step.presences]
    assert [name for name in quiet if name in {epc(tag) for tag in TAGS["east"]}] == []
    assert [(type(alert), alert.rule, alert.subject) for alert in alerts if alert.subject == "east"][-2:] == [
        (AlertRaised, "reader_offline", "east"),
        (AlertResolved, "reader_offline", "east"),
    ]
    assert sum(isinstance(alert, AlertRaised) for alert in alerts) == 1
    for tag, was in before.items():
        now = recorder.engine.explain(epc(tag))
        assert was is not None
        assert now is not None
        assert (now.state, now.zone) == (TagState.PRESENT, was.zone) == (TagState.PRESENT, "right")
        assert min(was.confidence, now.confidence) > 0.85
