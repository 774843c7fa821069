"""What the messages of a batch said becomes the engine's columns, each count in its reader's ledger."""

from core.model.columns import NO_ANTENNA
from core.model.reader_event import ReaderEventKind
from core.mqtt import Delivery
from ingest.adapters import ADAPTERS
from ingest.assembly import DEAD_LETTERS_MAX, Assembly
from ingest.batch import Gathered
from ingest.decode import Decoder
from ingest.redelivery import Redeliveries
from ingest.registry import Registry
from ingest.sequence import GIVE_UP_US
from ingest.stream_clock import StreamClock
from tests.integration.ingest_tools import epc, native, plan

NOW_US = 1_790_000_000_000_000
SITE = plan("site")
DECODE = Decoder(Registry(SITE), ADAPTERS, Redeliveries())


def _gathered(*payloads: bytes, what: str = "reads", retained: bool = False, at_us: int = NOW_US) -> Gathered:
    return Gathered(
        taken=[
            DECODE(
                Delivery(
                    f"tallyport/v1/site/native-1/{what}",
                    payload,
                    at_us + i,
                    lambda: None,
                    len(payload),
                    retained=retained,
                )
            )
            for i, payload in enumerate(payloads)
        ],
        closed_us=at_us + len(payloads),
    )


def _numbered(number: int) -> bytes:
    return native([(NOW_US + number, epc(number))], boot="b", seq=number)


def _assembly() -> Assembly:
    return Assembly(SITE, StreamClock(None, 0))


def test_reads_get_their_read_point_and_their_time_of_arrival() -> None:
    """
    An antenna of the plan becomes its read point; arrival is by stream time, the same for a batch.
    """
    batch = _assembly().batch(_gathered(native([(NOW_US - 5, epc(1))]), native([(NOW_US - 3, epc(2))])))
    point = SITE.read_point_index["native-1", 1]
    assert batch.reads.read_point.tolist() == [point, point]
    assert batch.reads.arrived_us.tolist() == [NOW_US, NOW_US]
    assert batch.reads.seen_us.tolist() == batch.reads.raw_us.tolist() == [NOW_US - 5, NOW_US - 3]


def test_reads_taken_while_time_is_held_arrive_at_the_held_time() -> None:
    """
    After a restart everything arrives at the last commit's time until the backlog is in.
    """
    stream = StreamClock(NOW_US - 60_000_000, 7_000_000)
    batch = Assembly(SITE, stream).batch(_gathered(native([(NOW_US, epc(1))])))
    assert batch.reads.arrived_us.tolist() == [NOW_US - 60_000_000]


def test_read_without_antenna_is_the_reader_itself() -> None:
    """
    No antenna named is the read point of the whole reader, without a warning.
    """
    payload = b'{"v":1,"reads":[{"seen_us":%d,"epc":"%s"}]}' % (NOW_US, epc(1).encode())
    batch = _assembly().batch(_gathered(payload))
    assert batch.reads.read_point.tolist() == [SITE.read_point_index["native-1", NO_ANTENNA]]
    assert batch.events == ()


def test_ledger_has_one_row_a_reader_and_starts_anew() -> None:
    """
    Counts are of the batch, not of all time.
    """
    assembly = _assembly()
    first = assembly.batch(_gathered(native([(NOW_US, epc(1)), (0, epc(2))]), b"{"))
    second = assembly.batch(_gathered())
    (row,) = first.ledger
    assert (row.reader, row.messages, row.received, row.quarantined) == ("native-1", 2, 1, 2)
    assert second.ledger == ()


def test_bad_reads_are_told_first_ones_in_full_and_the_rest_by_kind() -> None:
    """
    The letter of a message with bad reads has the first reasons, and how many reads were bad in which way.
    """
    bad = [b'{"seen_us":%d,"epc":"x%d"}' % (NOW_US, n) for n in range(300)]
    old = [b'{"seen_us":0,"epc":"%s"}' % epc(n).encode() for n in range(40)]
    good = b'{"seen_us":%d,"epc":"%s"}' % (NOW_US, epc(99).encode())
    batch = _assembly().batch(_gathered(b'{"v":1,"reads":[%s]}' % b",".join([*bad, *old, good])))
    (row,) = batch.ledger
    (letter,) = batch.dead_letters
    assert (row.received, row.quarantined, len(batch.reads)) == (1, 340, 1)
    assert letter.reason == (
        "340 of 341 reads refused: reads[0].epc: 'x0' is not hex; reads[1].epc: 'x1' is not hex;"
        " reads[2].epc: 'x2' is not hex and 337 more"
        " (300 x epc: '' is not hex, 40 x is more than 8 days old: set the reader's clock)"
    )


def test_dead_letters_of_a_batch_are_bounded_and_all_counted() -> None:
    """
    A flood of rubbish keeps so many letters and counts every one.
    """
    batch = _assembly().batch(_gathered(*[b"{"] * (DEAD_LETTERS_MAX + 50)))
    assert (len(batch.dead_letters), batch.ledger[0].quarantined) == (DEAD_LETTERS_MAX, DEAD_LETTERS_MAX + 50)


def test_purged_total_becomes_what_is_new() -> None:
    """
    A reader that says its total since boot is counted by the difference, and says nothing twice.
    """
    says = [b'{"v":1,"status":"online","purged":%d}' % n for n in (5, 5, 9, 2)]
    batch = _assembly().batch(_gathered(*says, what="status"))
    purges = [event.value for event in batch.events if event.kind is ReaderEventKind.OVERFLOW]
    assert (purges, batch.ledger[0].purged) == ([5, 4, 2], 11)


def test_what_was_lost_while_the_line_was_off_is_counted() -> None:
    """
    A line that goes on from the last committed numbers counts what was skipped meanwhile, and no total twice.
    """
    says = [b'{"v":1,"status":"online","purged":%d}' % n for n in (7, 8)]
    before, after = _assembly(), _assembly()
    before.batch(_gathered(_numbered(4)))
    numbering = before.batch(_gathered(says[0], what="status")).ledger[0].numbering
    after.go_on({"native-1": numbering, "fx": b"not ours"})
    batches = [
        after.batch(_gathered(_numbered(9))),
        after.batch(_gathered(_numbered(10), at_us=NOW_US + GIVE_UP_US)),
        after.batch(_gathered(says[1], what="status", at_us=NOW_US + GIVE_UP_US)),
    ]
    assert [(row.gaps, row.purged) for batch in batches for row in batch.ledger] == [(0, 0), (4, 0), (0, 1)]


def test_retained_word_of_long_ago_is_no_sign_of_life() -> None:
    """
    A status that the broker has kept for a month says nothing about now; the same from the reader itself does.
    """
    old = b'{"v":1,"status":"online","seen_us":%d}' % (NOW_US - 30 * 86_400_000_000)
    kept = _assembly().batch(_gathered(old, what="status", retained=True))
    said = _assembly().batch(_gathered(old, what="status"))
    assert (kept.events, [event.seen_us for event in said.events]) == ((), [NOW_US])
