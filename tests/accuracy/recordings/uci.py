"""
A patient's room with four antennas and one battery-less tag: in bed or not (UCI 427, room S1).

Each trial is a tag of its own, and the trials follow each other. Where the room's antennas hang is not in the source:
the plan gives antennas 1, 3 and 4 to the bed and antenna 2 to the rest of the room, as an installer would know.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from core.site import Antenna, Site
from tests.accuracy.data import data_folder, rows
from tests.accuracy.judge import Mark
from tests.accuracy.plans import Box, reader, room
from tests.accuracy.recording import Place, Read, Recording, epc_of

FOLDER: Final = "uhf_batteryless_uci427"
ROOM: Final = "S1"
IN_BED: Final = frozenset({"1", "3"})
START_S: Final = 1_600_000_000.0
PAUSE_S: Final = 120.0
"""Between two trials."""
BOXES: Final = (
    Box(id="bed", left=0.0, low=0.0, right=2.0, high=4.0),
    Box(id="not-bed", left=2.0, low=0.0, right=5.0, high=4.0),
)
ANTENNAS: Final = (
    Antenna(port=1, x=1.0, y=1.0, z=2.5, zone="bed"),
    Antenna(port=2, x=3.5, y=2.0, z=2.5, zone="not-bed"),
    Antenna(port=3, x=0.5, y=2.5, z=2.5, zone="bed"),
    Antenna(port=4, x=1.0, y=3.5, z=2.5, zone="bed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One person's walk from bed to chair and back, as reads with what the observer said at each."""

    name: str
    reads: Sequence[Read]
    zones: Sequence[str]

    def truth(self) -> list[Place]:
        """The observer's words as stays; a stay ends where the next begins, the last at the last read."""
        words = zip(self.reads, self.zones, strict=True)
        begins = [next(group)[0].at_s for _, group in groupby(words, key=lambda word: word[1])]
        zones = [zone for zone, _ in groupby(self.zones)]
        ends = [*begins[1:], self.reads[-1].at_s]
        epc = self.reads[0].epc
        return [Place(epc, start, end, zone) for start, end, zone in zip(begins, ends, zones, strict=True)]

    def marks(self) -> list[Mark]:
        """Each second that has reads, at its end, with what the observer said most often in it."""
        said: dict[int, Counter[str]] = {}
        for read, zone in zip(self.reads, self.zones, strict=True):
            said.setdefault(int(read.at_s), Counter())[zone] += 1
        return [Mark(second + 1.0, self.reads[0].epc, words.most_common(1)[0][0]) for second, words in said.items()]


def site() -> Site:
    """The room."""
    return room("uci-s1", BOXES, [reader("room", *ANTENNAS)])


def trials() -> list[Trial]:
    """All trials of the room, one after the other in time."""
    found, begin_s = [], START_S
    lines = [row for row in rows(data_folder(FOLDER) / "reads.csv.gz") if row["room"] == ROOM]
    for number, (name, group) in enumerate(groupby(lines, key=lambda row: row["trial"])):
        trial = list(group)
        found.append(_trial(name, trial, epc_of(number), begin_s))
        begin_s = float(int(found[-1].reads[-1].at_s + PAUSE_S))
    return found


def recording(some: Sequence[Trial]) -> Recording:
    """Put some trials together as one recording."""
    return Recording(
        site=site(),
        reads=[read for trial in some for read in trial.reads],
        truth=[place for trial in some for place in trial.truth()],
    )


def _trial(name: str, lines: Sequence[dict[str, str]], epc: str, begin_s: float) -> Trial:
    ordered = sorted(lines, key=lambda row: float(row["t"]))
    return Trial(
        name=name,
        reads=[
            Read(begin_s + float(row["t"]), "room", int(row["antenna"]), epc, float(row["rssi"])) for row in ordered
        ],
        zones=["bed" if row["label"] in IN_BED else "not-bed" for row in ordered],
    )
