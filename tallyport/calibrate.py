"""
Calibration from files: labelled reads in, what they teach of a site out.
"""

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.calibrate import learn
from core.calibrate.doors import LabelledRun
from core.calibrate.labelled import NOT_KNOWN, LabelledReads
from core.engine.calibration import BadCalibration, Calibration
from core.site import Site
from tallyport.reads import RecordedRead, read_reads
from tallyport.score.tables import BadTable, Row, read_table
from tallyport.score.truth import DIRECTIONS, VERDICTS

TRUTH: tuple[str, ...] = ("epc", "from", "to", "zone")


def calibrate(reads: Path, truth: Path, site: Site, out: Path) -> dict[str, Any]:
    """
    Learn a site from recorded reads and the truth about them; write the calibration, and say what it rests on.

    Raises BadTable for files that are no such tables, or that know of no read's place.
    """
    recorded = sorted(read_reads(reads, site), key=lambda read: read.seen_us)
    rows = read_table(truth, TRUTH).rows
    labelled, runs = _labelled(recorded, rows, site), _runs(recorded, rows, site)
    if not runs and not (labelled.zone >= 0).any():
        raise BadTable(
            f"{truth}: no row tells the zone or passage of a tag while {reads} has reads of it: compare EPCs and times"
        )
    counts = {
        "reads": len(recorded),
        "labelled": int((labelled.zone >= 0).sum()),
        "tags": len({read.epc for read in recorded}),
        "runs": len(runs),
    }
    learned_from = {"file": reads.name, "truth": truth.name, **counts}
    calibration = replace(learn(site, labelled, runs), learned_from=learned_from)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(calibration.to_json()) + "\n", encoding="utf-8")
    return {
        **counts,
        "places": int(calibration.hearing.dbm.shape[1]),
        "cell_m": calibration.step_m,
        "manner": calibration.to_json()["manner"],
        "doors": sorted(calibration.doors),
    }


def read_calibration(path: Path) -> Calibration:
    """Read what calibrate wrote. Raises BadCalibration."""
    try:
        return Calibration.from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as exc:
        raise BadCalibration(f"{path}: cannot be read ({exc.strerror}): name a file of `tallyport calibrate`") from None
    except ValueError as exc:
        raise BadCalibration(f"{path}: is no JSON ({exc}): name a file of `tallyport calibrate`") from None
    except BadCalibration as exc:
        raise BadCalibration(f"{path}: {exc}") from None


def _labelled(reads: list[RecordedRead], truth: tuple[Row, ...], site: Site) -> LabelledReads:
    """Put beside each read what the truth says of its tag at that time."""
    rows = _by_epc(truth, site)
    numbers: dict[str, int] = {}
    labels = [_label(read, rows.get(read.epc, [])) for read in reads]
    return LabelledReads(
        seen_us=np.array([read.seen_us for read in reads], np.int64),
        tag=np.array([numbers.setdefault(read.epc, len(numbers)) for read in reads], np.int64),
        read_point=np.array([read.read_point for read in reads], np.int32),
        rssi_dbm=np.array([read.rssi_dbm for read in reads], np.float32),
        zone=np.array([label[1] for label in labels], np.int16),
        xy=np.array([label[2:] for label in labels], np.float64).reshape(-1, 2),
        stay=np.array([label[0] for label in labels], np.int64),
    )


def _runs(reads: list[RecordedRead], truth: tuple[Row, ...], site: Site) -> list[LabelledRun]:
    """The reads of each true passage, by the antennas of its door."""
    doors = {door.id: site.zone_index[door.zone] for door in site.doors}
    of_tag: dict[str, list[RecordedRead]] = defaultdict(list)
    for read in reads:
        of_tag[read.epc].append(read)
    runs = []
    for row in truth:
        if not row.text("verdict"):
            continue
        door = row.word("door", tuple(doors))
        start, end, own = row.micros("from"), row.micros("to"), of_tag[row.epc()]
        first, last = (bisect_left(own, at_us, key=lambda read: read.seen_us) for at_us in (start, end))
        near = [r for r in own[first:last] if site.read_points[r.read_point].zone == doors[door]]
        if near:
            runs.append(_run(near, door, row.word("verdict", VERDICTS), row.word("direction", ("", *DIRECTIONS))))
    return runs


def _run(reads: list[RecordedRead], door: str, verdict: str, direction: str) -> LabelledRun:
    return LabelledRun(
        door=door,
        verdict=verdict,
        direction=direction or "none",
        seen_us=np.array([read.seen_us for read in reads], np.int64),
        read_point=np.array([read.read_point for read in reads], np.int64),
        rssi_dbm=np.array([read.rssi_dbm for read in reads], np.float64),
    )


Span = tuple[int, int, int, int, float, float]
"""from_us, to_us, number of the row, zone, x, y."""


def _by_epc(truth: tuple[Row, ...], site: Site) -> dict[str, list[Span]]:
    rows: dict[str, list[Span]] = defaultdict(list)
    for number, row in enumerate(truth):
        zone = row.text("zone")
        if zone and zone not in site.zone_index:
            raise row.bad(f"zone {zone!r} is not in the site file; its zones are {', '.join(site.zone_index)}")
        x, y = row.number("x"), row.number("y")
        place = (np.nan, np.nan) if x is None or y is None else (x, y)
        index = site.zone_index.get(zone, NOT_KNOWN)
        if index != NOT_KNOWN or x is not None:
            rows[row.epc()].append((row.micros("from"), row.micros("to"), number, index, *place))
    for spans in rows.values():
        spans.sort()
    return rows


def _label(read: RecordedRead, spans: list[Span]) -> tuple[int, int, float, float]:
    i = bisect_right(spans, (read.seen_us, 2**62)) - 1
    if i < 0 or read.seen_us >= spans[i][1]:
        return NOT_KNOWN, NOT_KNOWN, np.nan, np.nan
    return spans[i][2:]
