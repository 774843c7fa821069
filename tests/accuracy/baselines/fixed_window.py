"""Fixed windows: present if read in the last N epochs; in the zone of the antenna loudest on average over them."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

from core.site import Site
from tallyport.score import Published
from tallyport.score.presence import PRESENT, Word
from tests.accuracy.baselines.epochs import Epoch, epochs
from tests.accuracy.decisions import GONE, Placer, Watcher, antenna_zone
from tests.accuracy.recording import Read


def fixed_window_zone(window: int, epoch_s: float = 1.0) -> Placer:
    """Place a tag each epoch; one that the window doesn't hold stays where it was said to be."""

    def place(reads: Sequence[Read], site: Site) -> Iterator[Published]:
        zones, said = antenna_zone(site), dict[str, str]()
        held: deque[Epoch] = deque(maxlen=window)
        for epoch in epochs(reads, epoch_s):
            held.append(epoch)
            for epc, where in sorted(_loudest(held).items()):
                zone = zones[where]
                if said.get(epc) != zone:
                    said[epc] = zone
                    yield Published(epc=epc, at_s=epoch.end_s, zone=zone)

    return place


def fixed_window_presence(window: int, epoch_s: float) -> Watcher:
    """Look at the end of each epoch whether any of the last `window` has a read of the tag."""

    def watch(reads: Sequence[Read], _site: Site) -> Iterator[Word]:
        last: dict[str, int] = {}
        present: set[str] = set()
        for epoch in epochs(reads, epoch_s):
            seen = {read.epc for read in epoch.reads}
            last.update(dict.fromkeys(seen, epoch.number))
            for epc in sorted(seen - present):
                yield Word(epc=epc, at_s=epoch.end_s, state=PRESENT)
            gone = {epc for epc in present if epoch.number - last[epc] >= window}
            for epc in sorted(gone):
                yield Word(epc=epc, at_s=epoch.end_s, state=GONE)
            present = (present | seen) - gone

    return watch


def _loudest(held: deque[Epoch]) -> dict[str, tuple[str, int]]:
    """EPC -> the antenna with the highest mean level over the epochs held."""
    sums: dict[str, dict[tuple[str, int], list[float]]] = defaultdict(lambda: defaultdict(list))
    for epoch in held:
        for read in epoch.reads:
            sums[read.epc][read.reader, read.antenna].append(read.rssi_dbm)
    return {
        epc: max((sum(levels) / len(levels), where) for where, levels in heard.items())[1]
        for epc, heard in sums.items()
    }
