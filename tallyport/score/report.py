"""
One folder of results against one truth: all figures of `tallyport score`.
"""

from pathlib import Path
from typing import Any

from tallyport.score.alerts import read_alerts, read_deeds, score_alerts
from tallyport.score.passages import read_passages, score_passages
from tallyport.score.presence import read_presence, score_presence
from tallyport.score.truth import read_truth_table
from tallyport.score.zones import read_published, score_positions, score_zones


def score_folder(folder: Path, truth_file: Path) -> dict[str, Any]:
    """
    Judge zones.csv, passages.csv, presence.csv and, where it is there, alerts.csv of a folder.

    Alerts are judged by an events.csv beside the truth; without it there is nothing to hold them against.
    Raises BadTable.
    """
    truth = read_truth_table(truth_file)
    zones = read_published(folder / "zones.csv")
    alerts, deeds = folder / "alerts.csv", truth_file.parent / "events.csv"
    judged = alerts.exists() and deeds.exists()
    return {
        **score_zones(truth.stays, zones).as_json(),
        "position_error_m": score_positions(truth.spots, zones),
        "passages": score_passages(truth, read_passages(folder / "passages.csv")),
        "presence": score_presence(truth.stays, read_presence(folder / "presence.csv"), truth.end_s),
        "alerts": score_alerts(read_deeds(deeds), read_alerts(alerts)) if judged else {},
    }
