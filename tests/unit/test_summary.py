"""How a demo's alerts are judged, on cases that can be checked by eye."""

from typing import Any

from tallyport.demo.summary import Planted, judge_alerts

THEFT = Planted(kind="theft_exit", subject="A", at_s=10.0, door="exit")


def _alert(number: int, rule: str, subject: str) -> dict[str, Any]:
    return {"alert_id": number, "rule": rule, "subject": subject}


def test_judge_alerts_counts_right_and_wrong_ones() -> None:
    """
    One theft told after four seconds, and one false alarm: everything found, half of it true.
    """
    alerts = [_alert(1, "left_without_shipment", "A"), _alert(2, "left_without_shipment", "B")]
    judged = judge_alerts([THEFT], alerts, {1: 14_000_000, 2: 15_000_000})["left_without_shipment"]

    assert judged == {"n": 2, "planted": 1, "precision": 0.5, "recall": 1.0, "delay_s": {"max": 4.0, "median": 4.0}}


def test_judge_alerts_misses_what_nobody_told() -> None:
    """
    A theft without an alert is a recall of nought, and no precision at all.
    """
    judged = judge_alerts([THEFT], [], {})["left_without_shipment"]

    assert (judged["n"], judged["precision"], judged["recall"]) == (0, None, 0.0)


def test_judge_alerts_knows_silent_readers() -> None:
    """
    A reader that was made to fall silent is what its alert is held against.
    """
    silence = Planted(kind="silence", subject="aisle-1", at_s=5.0)
    judged = judge_alerts([silence], [_alert(1, "reader_offline", "aisle-1")], {1: 27_000_000})

    assert judged["reader_offline"]["precision"] == 1.0
