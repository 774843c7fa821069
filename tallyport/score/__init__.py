"""The judge: what was published, held against the truth that a simulator or a person wrote down."""

from tallyport.score.tables import BadTable
from tallyport.score.truth import Stay, Truth, read_truth, read_truth_table
from tallyport.score.zones import SETTLING_S, Published, ZoneScore, read_published, score_zones

__all__ = (
    "SETTLING_S",
    "BadTable",
    "Published",
    "Stay",
    "Truth",
    "ZoneScore",
    "read_published",
    "read_truth",
    "read_truth_table",
    "score_zones",
)
