"""A recording: the site, what its readers told, and the truth; in memory and as the files that Tallyport reads."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from core.site import Site
from core.site_file import dump_site, load_site
from tallyport.score import Stay
from tallyport.score.truth import Spot
from tests.accuracy.data import rows


class Read(NamedTuple):
    """One line of READS.csv; seconds Unix, dBm; phase and channel as they stand in the file."""

    at_s: float
    reader: str
    antenna: int
    epc: str
    rssi_dbm: float
    phase: str = ""
    channel: str = ""


class Place(NamedTuple):
    """One line of TRUTH.csv: where a tag was from one second to another; metres where the source has them."""

    epc: str
    from_s: float
    to_s: float
    zone: str
    x: float | None = None
    y: float | None = None
    door: str = ""
    verdict: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Reads in time order, and the truth about their tags, at one site."""

    site: Site
    reads: Sequence[Read]
    truth: Sequence[Place]

    def stays(self) -> list[Stay]:
        """Give the truth's stays to the judge."""
        return [Stay(epc=p.epc, from_s=p.from_s, to_s=p.to_s, zone=p.zone) for p in self.truth if p.zone]

    def spots(self) -> list[Spot]:
        """Give the truth's places to the judge, each at the begin of its row."""
        return [
            Spot(epc=p.epc, at_s=p.from_s, x_m=p.x, y_m=p.y) for p in self.truth if p.x is not None and p.y is not None
        ]

    def write(self, folder: Path) -> None:
        """Write site.toml, reads.csv and truth.csv."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "site.toml").write_text(dump_site(self.site), encoding="utf-8")
        with (folder / "reads.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(("time", "reader", "antenna", "epc", "rssi", "phase", "channel"))
            table.writerows((f"{r.at_s:.6f}", *r[1:4], f"{r.rssi_dbm:g}", r.phase, r.channel) for r in self.reads)
        with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(("epc", "from", "to", "zone", "x", "y", "door", "verdict", "direction"))
            for place in self.truth:
                x, y = ("" if value is None else f"{value:.3f}" for value in (place.x, place.y))
                times = (f"{place.from_s:.6f}", f"{place.to_s:.6f}")
                table.writerow((place.epc, *times, place.zone, x, y, *place[6:]))


def load(folder: Path) -> Recording:
    """Read back the three files of a recording."""
    return Recording(
        site=load_site(folder / "site.toml"),
        reads=[_read(row) for row in rows(folder / "reads.csv")],
        truth=[_place(row) for row in rows(folder / "truth.csv")],
    )


def epc_of(number: int) -> str:
    """Make up an EPC of 96 bits, of no encoding that means anything."""
    return f"E2{number:022X}"


def _read(row: dict[str, str]) -> Read:
    heard = (float(row["time"]), row["reader"], int(row["antenna"]), row["epc"], float(row["rssi"]))
    return Read(*heard, row.get("phase", ""), row.get("channel", ""))


def _place(row: dict[str, str]) -> Place:
    x, y = (float(row[axis]) if row.get(axis) else None for axis in ("x", "y"))
    passage = (row.get("door", ""), row.get("verdict", ""), row.get("direction", ""))
    return Place(row["epc"], float(row["from"]), float(row["to"]), row["zone"], x, y, *passage)
