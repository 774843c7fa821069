"""
The words and bounds that requests and answers are made of.
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Path, Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from api.problem import Problem

Item = TypeVar("Item")

ID_MAX = 2**63 - 1
CURSOR_INT_MAX = 2**53
PAGE_MAX = 1_000

# No control characters: PostgreSQL refuses NUL, and a log line or a page must not be broken by the rest.
_PRINTABLE = "^[^\\u0000-\\u001f\\u007f]*$"
_EPC = "^(?:[0-9A-Fa-f]{2}){4,62}$"

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE)]
"""A word or a sentence by a person."""
Comment = Annotated[str, StringConstraints(max_length=1_000, pattern=_PRINTABLE)]
"""A longer one, or none."""
Epc = Annotated[str, StringConstraints(pattern=_EPC, to_upper=True)]
"""An EPC in hex: 4 to 62 bytes."""
SiteName = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9_-]{0,62}$")]
ReaderName = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]{1,64}$")]
Reference = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""A document's own number, as far as it can stand in an address."""

SiteId = Annotated[SiteName, Path(description="The warehouse.")]
EpcPath = Annotated[str, Path(pattern=_EPC, description="The EPC in hex.")]
ReferencePath = Annotated[Reference, Path(description="The shipment's own number.")]
TagId = Annotated[int, Path(ge=0, le=ID_MAX)]
AlertId = Annotated[int, Path(ge=1, le=ID_MAX)]
TokenId = Annotated[int, Path(ge=1, le=ID_MAX)]

Filter = Text | None
EpcFilter = Epc | None
TagStateName = Literal["present", "left", "missing"]
STATES: tuple[TagStateName, ...] = ("present", "left", "missing")


def _utc(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever it has
    return value.astimezone(UTC) if isinstance(value, datetime) else value


Moment = Annotated[datetime, BeforeValidator(_utc)]
"""A time, always shown in UTC."""


def _written_out(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever it has
    if isinstance(value, str) and not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]", value, re.ASCII):
        raise ValueError("write a date and a time, as in 2026-11-21T23:00:00Z")
    return value


AskedMoment = Annotated[AwareDatetime, BeforeValidator(_written_out)]
"""A time that a caller names: RFC 3339, never a bare number."""


def _whole(value: Any) -> Any:  # noqa: ANN401 - JSON
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Lets an integer be one as JSON has it, where 1.0 is one."""


class Strict(BaseModel):
    """A request's body: nothing in it that we don't know, and nothing made into what it is not."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Paging(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=PAGE_MAX, description="How many at most.")
    cursor: str | None = Field(
        None, max_length=1_000, pattern="^[A-Za-z0-9_-]+$", description="next_cursor of the page before; opaque."
    )


class Between(Paging):
    """Which part of a list, and from when."""

    since: AskedMoment | None = Field(None, description="From this moment on.")
    until: AskedMoment | None = Field(None, description="Before this moment.")


Pages = Annotated[Paging, Query()]


class Page(BaseModel, Generic[Item]):
    """Some of many. next_cursor is null on the last page."""

    items: list[Item]
    next_cursor: str | None = None


class Everything(BaseModel, Generic[Item]):
    """All of few."""

    items: list[Item] = Field(description="All of them.")


def encode_cursor(key: Sequence[Any]) -> str:
    """Write the sort key of a page's last row as one opaque word."""
    return base64.urlsafe_b64encode(json.dumps(list(key), separators=(",", ":")).encode()).rstrip(b"=").decode()


def decode_cursor(cursor: str | None, *kinds: type) -> list[Any]:
    """Read a sort key back, with as many Nones where there is no cursor; raises Problem 404 where it is not ours."""
    if cursor is None:
        return [None] * len(kinds)
    try:
        key = list(json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)))
        return [_part(value, kind) for value, kind in zip(key, kinds, strict=True)]
    except (binascii.Error, ValueError, TypeError, RecursionError) as exc:
        raise Problem(404, "there is no such page: take next_cursor as it was given, or start without it") from exc


def _part(value: Any, kind: type) -> Any:  # noqa: ANN401 - JSON
    if kind is int and type(value) is int and abs(value) < CURSOR_INT_MAX:
        return value
    if kind is str and isinstance(value, str) and "\0" not in value and value.isprintable():
        return value
    raise TypeError(value)


def page_of(rows: list[dict[str, Any]], limit: int, key: Sequence[str]) -> dict[str, Any]:
    """Make a page of rows of which one more than `limit` were asked for; `key` names the sort columns."""
    more = len(rows) > limit
    items = rows[:limit]
    return {"items": items, "next_cursor": encode_cursor([items[-1][k] for k in key]) if more else None}
