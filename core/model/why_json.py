"""An explanation as plain values for JSON: the same for the interface, the command line and the file of a replay."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from core.model.step import STATE_NAMES, TagState
from core.model.why import Why

NAMES: Final = {"x_m": "x", "y_m": "y", "at_us": "at"}
"""Names that differ from those inside; every other time ends in _at. Times are in RFC 3339."""
OWN: Final = {"tag_id", "epc"}
"""What a passage would only repeat."""


def as_json(why: Why) -> dict[str, Any]:
    """Give an explanation as JSON takes it; figures to a thousandth."""
    body: dict[str, Any] = _plain(asdict(why))
    body["passages"] = [{k: v for k, v in passage.items() if k not in OWN} for passage in body["passages"]]
    return body


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a dataclass holds
    if isinstance(value, dict):
        return {_name(name): _moment(one) if name.endswith("_us") else _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, TagState):
        return STATE_NAMES[value]
    if isinstance(value, float):
        return round(value, 3)
    return value


def _name(name: str) -> str:
    return NAMES.get(name, name.removesuffix("_us") + "_at" if name.endswith("_us") else name)


def _moment(at_us: int) -> str:
    moment = datetime.fromtimestamp(at_us // 1_000_000, UTC).replace(microsecond=at_us % 1_000_000)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
