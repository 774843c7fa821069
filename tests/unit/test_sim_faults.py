"""
What goes wrong goes wrong as the list of faults says, and a list that can't be used is refused with its line.
"""

import json
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from firmware_sim.faults import Fault, FaultsUnreadable, parse_faults, read_faults
from firmware_sim.outgoing import Outgoing
from tests.sim_runs import START_US, with_fault

READERS = ("recv-1", "stage-1")


def times_us(message: Outgoing) -> list[int]:
    """When the reads in a native message were seen."""
    body = msgspec.json.decode(message.payload)
    found: list[int] = body["columns"]["seen_us"]
    return found


def test_file_with_an_unknown_key_is_refused_with_its_line(tmp_path: Path) -> None:
    """
    The message names file, line and key, and what may stand there.
    """
    file = tmp_path / "faults.toml"
    file.write_text('[[fault]]\nkind = "clock"\nreader = "recv-1"\nfrom_s = 1\nto_s = 2\noffset = 3\n')
    with pytest.raises(
        FaultsUnreadable, match=r"faults.toml: line 1: unknown key offset; a clock fault takes .*offset_s"
    ):
        read_faults(file, READERS)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("clock", "is not a table"),
        ({"kind": "fire"}, "kind 'fire' is unknown"),
        ({"kind": "silence", "reader": "nobody", "from_s": 1, "to_s": 2}, "reader 'nobody' is not on the plan"),
        ({"kind": "silence", "reader": "*", "from_s": 3, "to_s": 2}, "write 0 <= from_s < to_s"),
        ({"kind": "silence", "reader": "*", "from_s": 1}, "to_s is None; write a number"),
        ({"kind": "delay", "reader": "*", "from_s": 1, "to_s": 2, "seconds": "two"}, "seconds is 'two'"),
    ],
)
def test_fault_that_makes_no_sense_is_refused(entry: object, said: str) -> None:
    """
    Each problem is told in words.
    """
    with pytest.raises(FaultsUnreadable, match=said):
        parse_faults([entry], READERS, "here")


def test_json_list_of_faults_is_read(tmp_path: Path) -> None:
    """
    A fault has its parameters, or their defaults.
    """
    file = tmp_path / "faults.json"
    file.write_text(json.dumps([{"kind": "clock", "reader": "*", "from_s": 1, "to_s": 2, "offset_s": 5}]))
    (fault,) = read_faults(file, READERS)
    assert (fault["offset_s"], fault["drift_ppm"]) == (5.0, 0.0)


@pytest.mark.parametrize(("name", "text"), [("f.toml", "[[fault"), ("f.json", "{"), ("f.toml", "faults = 1")])
def test_broken_file_of_faults_is_refused(tmp_path: Path, name: str, text: str) -> None:
    """
    What is no TOML, no JSON, or has no faults in it is refused.
    """
    (tmp_path / name).write_text(text)
    with pytest.raises(FaultsUnreadable, match=name):
        read_faults(tmp_path / name, READERS)
    with pytest.raises(FaultsUnreadable, match="readable file"):
        read_faults(tmp_path / "none.toml", READERS)


def test_duplicate_messages_come_twice_and_are_counted() -> None:
    """
    Some messages are followed by themselves; the station knows how many reads were told twice.
    """
    told = with_fault(
        "recv-1", Fault(kind="duplicate", reader="recv-1", from_s=0, to_s=9, parameters={"probability": 0.5}), 80
    )
    payloads = [message.payload for _, message in told.batches]
    twice = len(payloads) - len(set(payloads))
    assert (twice, sum(m.reads for (_, m), (_, n) in pairwise(told.batches) if m is n)) == told.station.duplicates
    assert 0.2 <= twice / len(set(payloads)) <= 0.8


def test_delayed_messages_come_late_and_in_order() -> None:
    """
    Everything comes, up to two seconds late, and the order is kept.
    """
    told = with_fault("recv-1", Fault(kind="delay", reader="recv-1", from_s=0, to_s=5, parameters={"seconds": 2.0}), 80)
    late_s = [at_s - (times_us(message)[-1] - START_US) / 1e6 for at_s, message in told.batches]
    seqs = [msgspec.json.decode(message.payload)["seq"] for _, message in told.batches]
    assert 1.0 < max(late_s) <= 2.2
    assert list(range(len(seqs))) == seqs


def test_reordered_messages_all_come_in_another_order() -> None:
    """
    Nothing is lost, and the order isn't kept.
    """
    told = with_fault("recv-1", Fault(kind="reorder", reader="recv-1", from_s=0, to_s=5), 80)
    seqs = [msgspec.json.decode(message.payload)["seq"] for _, message in told.batches]
    assert list(range(len(seqs))) == sorted(seqs)
    assert sorted(seqs) != seqs


def test_silent_reader_says_nothing_and_comes_back_with_a_new_boot() -> None:
    """
    The connection breaks, nothing is told, and afterwards the reader is online as another run of its firmware.
    """
    told = with_fault("recv-1", Fault(kind="silence", reader="recv-1", from_s=2, to_s=5), 80)
    assert told.links == [(0.1, True), (2.0, False), (5.0, True)]
    assert [at_s for at_s, _ in told.messages if 2.0 <= at_s < 5.0] == []
    boots = [msgspec.json.decode(message.payload)["boot"] for _, message in told.batches]
    assert len(set(boots)) == 2
    after = [msgspec.json.decode(m.payload)["seq"] for at_s, m in told.batches if at_s >= 5.0]
    assert list(range(len(after))) == after


def test_reader_cut_off_stores_and_replays_with_the_original_times() -> None:
    """
    After the cut everything comes, throttled, with the times at which it was read.
    """
    cut = Fault(kind="disconnect", reader="recv-1", from_s=2, to_s=5, parameters={"throttle_per_s": 60.0})
    told = with_fault("recv-1", cut, 120)
    plain = with_fault("recv-1", None, 120)
    assert told.links == [(0.1, True), (2.0, False), (5.0, True)]
    seen = sorted(at_us for _, message in told.batches for at_us in times_us(message))
    assert sorted(at_us for _, message in plain.batches for at_us in times_us(message)) == seen
    stored = [at_s for at_s, m in told.batches if times_us(m)[-1] < START_US + 5_000_000 and at_s >= 5.0]
    assert max(stored) > 5.5


def test_full_store_purges_the_oldest_and_says_so() -> None:
    """
    What the small store can't hold is counted, told as an overflow, and is in the next status.
    """
    full = Fault(kind="overflow", reader="recv-1", from_s=1, to_s=7, parameters={"buffer_max": 40.0})
    told = with_fault("recv-1", full, 120)
    purged = told.station.health().purged
    events = told.told_on("events")
    assert [purged] == [event["purged"] for event in events if event["event"] == "overflow"]
    assert purged > 20
    status = told.told_on("status")
    assert purged == status[-1]["purged"]


def test_wrong_clock_shifts_and_drifts() -> None:
    """
    A clock a minute ahead tells times a minute ahead, and drift adds to that.
    """
    wrong = Fault(
        kind="clock", reader="recv-1", from_s=0, to_s=60, parameters={"offset_s": 60.0, "drift_ppm": 50_000.0}
    )
    ahead_s = [(times_us(m)[-1] - START_US) / 1e6 - at_s for at_s, m in with_fault("recv-1", wrong, 80).batches]
    assert ahead_s[0] == pytest.approx(60.0, abs=0.2)
    assert ahead_s[-1] == pytest.approx(60.4, abs=0.2)


def test_rebooted_zebra_reader_numbers_its_events_anew() -> None:
    """
    After a reboot eventNum begins at one again.
    """
    told = with_fault("stage-1", Fault(kind="reboot", reader="stage-1", from_s=3, to_s=4), 80)
    numbers = []
    for _, message in told.messages:
        if message.reads:
            body = msgspec.json.decode(message.payload)
            events = body if isinstance(body, list) else [body]
            numbers.append([event["data"]["eventNum"] for event in events])
    flat = [number for batch in numbers for number in batch]
    assert flat.count(1) == 2
    assert [b - a for a, b in pairwise(flat) if b > a][:1] == [1]


def test_antenna_that_comes_off_is_told_and_hears_nothing() -> None:
    """
    The reader names the antenna, and reads by it stop until the cable is back.
    """
    told = with_fault("recv-1", Fault(kind="antenna", reader="recv-1", from_s=2, to_s=5, parameters={"port": 2.0}), 80)
    events = told.told_on("events")
    assert [e["state"] for e in events if e["event"] == "antenna"] == ["disconnected", "connected"]
    during = [m for at_s, m in told.batches if 2.2 <= at_s < 5.0]
    assert 2 not in {port for m in during for port in msgspec.json.decode(m.payload)["columns"]["antenna"]}
    assert 2 in {port for _, m in told.batches for port in msgspec.json.decode(m.payload)["columns"]["antenna"]}
