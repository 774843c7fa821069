"""The evidence about one tag as a recording: a folder that `tallyport replay` plays to the same answer."""

import csv
import json
from pathlib import Path

import numpy as np

from core.columns import hexes_from_keys
from core.engine.why import Explainer
from core.model.columns import NO_CHANNEL_MHZ, NO_PHASE_DEG, UNHEARD_DBM, ReadColumns
from core.model.why import History
from core.model.why_json import as_json
from core.site import Site
from core.site_dump import dump_site
from tallyport.replay_files import moment
from tallyport.words import write_words

COLUMNS = ("time", "reader", "antenna", "epc", "rssi", "phase", "channel")


def save_evidence(folder: Path, explainer: Explainer, history: History, epc: str) -> str:
    """
    Write site.toml, reads.csv, words.csv, why.json and, where there is one, calibration.json.

    Returns the command that makes why.json anew from the others.
    """
    site, taught = explainer.site, explainer.calibration
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.toml").write_text(dump_site(site), encoding="utf-8")
    _write_reads(folder / "reads.csv", site, history)
    write_words(folder / "words.csv", history.events)
    if taught is not None:
        (folder / "calibration.json").write_text(json.dumps(taught.to_json()) + "\n", encoding="utf-8")
    why = explainer.explain(history, epc)
    assert why is not None
    (folder / "why.json").write_text(json.dumps(as_json(why), indent=2) + "\n", encoding="utf-8")
    calibrated = "" if taught is None else f"--calibration {folder}/calibration.json "
    return (
        f"tallyport replay {folder}/reads.csv --site {folder}/site.toml {calibrated}--words {folder}/words.csv "
        f"--until {moment(history.closed_us)} --why {epc} --out {folder}/again"
    )


def _write_reads(path: Path, site: Site, history: History) -> None:
    reads = history.reads
    order = np.lexsort((reads.epc_lo, reads.epc_hi, reads.read_point, reads.seen_us))
    sorted_reads = reads.take(order)
    epcs = hexes_from_keys(sorted_reads.epc_hi, sorted_reads.epc_lo, dict(history.long_epcs))
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows(_row(sorted_reads, i, site, epc) for i, epc in enumerate(epcs))


def _row(reads: ReadColumns, i: int, site: Site, epc: str) -> tuple[str, ...]:
    point = site.read_points[int(reads.read_point[i])]
    radio = (
        (reads.rssi_dbm[i], UNHEARD_DBM),
        (reads.phase_deg[i], NO_PHASE_DEG),
        (reads.channel_mhz[i], NO_CHANNEL_MHZ),
    )
    # The shortest text that reads back as the same float32; and nothing where the reader said nothing.
    told = ("" if value == nothing else str(value) for value, nothing in radio)
    antenna = str(point.antenna) if point.antenna else ""
    return (moment(int(reads.seen_us[i])), point.reader, antenna, epc, *told)
