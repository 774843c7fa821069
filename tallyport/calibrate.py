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
from core.engine.records_passage import SILENCE_US
from core.site import Site
from tallyport.reads import RecordedRead, read_reads
from tallyport.score.tables import BadTable, Row, read_table
from tallyport.score.truth import DIRECTIONS, VERDICTS

TRUTH: tuple[str, ...] = ("epc", "from", "to", "zone")
NO_END_US = 2**62


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
    """The reads of each true passage, as the engine would cut it, with what else heard the tag meanwhile."""
    zones = {door.id: site.zone_index[door.zone] for door in site.doors}
    of_tag: dict[str, list[RecordedRead]] = defaultdict(list)
    for read in reads:
        of_tag[read.epc].append(read)
    passages: dict[tuple[str, str], list[tuple[int, int, Row]]] = defaultdict(list)
    for row in truth:
        if row.text("verdict"):
            where = row.epc(), row.word("door", tuple(zones))
            passages[where].append((row.micros("from"), row.micros("to"), row))
    runs = []
    for (epc, door), rows in passages.items():
        there = [site.read_points[read.read_point].zone == zones[door] for read in of_tag[epc]]
        for start, end, row in rows:
            # What the truth says of another time is no part of this one.
            after = max((to_us for _, to_us, _ in rows if to_us <= start), default=0)
            before = min((from_us for from_us, _, _ in rows if from_us >= end), default=NO_END_US)
            cut = _cut(of_tag[epc], there, (start, end), (after, before))
            if cut:
                runs.append(_run(cut, door, row.word("verdict", VERDICTS), row.word("direction", ("", *DIRECTIONS))))
    return runs


def _cut(
    reads: list[RecordedRead], there: list[bool], span: tuple[int, int], limits: tuple[int, int]
) -> list[RecordedRead]:
    """A tag's reads while it passes a door: around those of the span that the door made, for as long as it goes on."""
    known = [n for n, at_door in enumerate(there) if at_door and limits[0] <= reads[n].seen_us < limits[1]]
    seen_us = [reads[n].seen_us for n in known]
    begin, end = (bisect_left(seen_us, at_us) for at_us in span)
    if begin == end:
        return []
    while begin > 0 and seen_us[begin] - seen_us[begin - 1] < SILENCE_US:
        begin -= 1
    while end < len(seen_us) and seen_us[end] - seen_us[end - 1] < SILENCE_US:
        end += 1
    until_us = min(seen_us[end - 1] + SILENCE_US, limits[1])
    return [read for read in reads[known[begin] :] if read.seen_us < until_us]


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
