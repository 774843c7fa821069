"""The zone of the antenna that spoke last: what a table of last reads gives."""

from collections.abc import Iterator, Sequence

from core.site import Site
from tallyport.score import Published
from tests.accuracy.decisions import antenna_zone
from tests.accuracy.recording import Read


def last_antenna(reads: Sequence[Read], site: Site) -> Iterator[Published]:
    """Publish the last antenna's zone whenever it is another."""
    zones, said = antenna_zone(site), dict[str, str]()
    for read in reads:
        zone = zones[read.reader, read.antenna]
        if said.get(read.epc) != zone:
            said[read.epc] = zone
            yield Published(epc=read.epc, at_s=read.at_s, zone=zone)
