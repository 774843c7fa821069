"""The zone of the antenna whose moving average is the strongest."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from core.site import Site
from tallyport.score import Published
from tests.accuracy.decisions import antenna_zone
from tests.accuracy.recording import Read

FOLLOW: Final = 0.3
"""How far the average follows each read."""
STALE_S: Final = 5.0
"""An antenna silent for longer is out of the running."""


def ema_strongest(reads: Sequence[Read], site: Site) -> Iterator[Published]:
    """Publish the zone of the strongest average whenever it is another."""
    zones, said = antenna_zone(site), dict[str, str]()
    heard: dict[str, dict[tuple[str, int], tuple[float, float]]] = defaultdict(dict)
    for read in reads:
        averages, at = heard[read.epc], (read.reader, read.antenna)
        before, _ = averages.get(at, (read.rssi_dbm, 0.0))
        averages[at] = (before + FOLLOW * (read.rssi_dbm - before), read.at_s)
        fresh = [(dbm, where) for where, (dbm, seen_s) in averages.items() if read.at_s - seen_s <= STALE_S]
        zone = zones[max(fresh)[1]]
        if said.get(read.epc) != zone:
            said[read.epc] = zone
            yield Published(epc=read.epc, at_s=read.at_s, zone=zone)
