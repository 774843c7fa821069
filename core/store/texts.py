"""
Text from the world is made fit for the database here: it takes no NUL, no half of a surrogate pair and no NaN in JSON.
"""

import re
from math import isfinite
from typing import Any, Final

_REFUSED: Final = re.compile("[\\0\\ud800-\\udfff]")
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
SMALLINT_MAX: Final = 32_767


def fit_text(text: str) -> str:
    """The text with what the database refuses replaced."""
    return _REFUSED.sub(_REPLACEMENT, text)


def fit_json(value: Any) -> Any:  # noqa: ANN401 - JSON is any of its types
    """The value with every text in it made fit, and numbers that JSON has no word for replaced by null."""
    if isinstance(value, str):
        return fit_text(value)
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, dict):
        return {fit_text(str(key)): fit_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fit_json(item) for item in value]
    return value


def fit_smallint(value: int) -> int:
    """The number, or the nearest that a smallint holds: a reader may claim any port."""
    return min(max(value, -SMALLINT_MAX), SMALLINT_MAX)
