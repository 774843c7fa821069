"""`tallyport ledger`: what readers published, what became of it, and whether that is all of it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer

from core.clock import now_us
from core.errors import TallyportError
from core.store.times import timestamp
from core.store.views import Row
from core.store.views_ledger import list_ledger, spell_of, summed
from core.store.views_site import site_number
from tallyport.commands.console import FOUND_WRONG, JsonFlag, out, print_json, print_table, run, settings, when
from tallyport.commands.database import chosen_site, opened

COLUMNS: Final = ("published", "stored", "repeats", "late", "quarantined", "lost", "awaited", "difference")
HEADS: Final = ("reader", "published", "stored", "repeats", "late", "refused", "lost", "awaited", "difference")
DOES_NOT_CLOSE: Final = (
    "{readers}: reads are in no account, which is an error of Tallyport's: keep the line's log and the output of"
    " `tallyport ledger --json`, and report it"
)


class NoSuchReader(TallyportError):
    """The site has no reader of this id."""


def ledger(
    site: Annotated[
        str | None, typer.Option("--site", help="Site id; may be left out where there is one site.")
    ] = None,
    reader: Annotated[str | None, typer.Option("--reader", help="Only this reader.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--since", help="From when, UTC; left out: the last 24 hours.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--until", help="Up to when, UTC.")] = None,
    *,
    json: JsonFlag = False,
) -> None:
    """Say what became of every read: published = stored + repeats + late + refused + lost; status 1 if it is not."""
    begin = spell_of(_utc(since) if since else timestamp(now_us()) - timedelta(hours=24))
    found = run(_ask(site, reader, begin, _utc(until) if until else None))
    if json:
        print_json(found)
    else:
        _print(found)
    if not found["closes"]:
        raise typer.Exit(FOUND_WRONG)


async def _ask(site: str | None, reader: str | None, since: datetime, until: datetime | None) -> dict[str, Any]:
    async with opened(settings()) as store:
        site_id = await chosen_site(store, site)
        async with store.connection() as conn:
            number = await site_number(conn, site_id)
            assert number is not None
            rows = await list_ledger(conn, number, since, until, reader)
    if reader is not None and not rows:
        raise NoSuchReader(f"{site_id} has no reader {reader!r}: `tallyport reader list` shows them")
    total = summed(rows)
    return {
        "site": site_id,
        "since": since,
        "until": until,
        "items": rows,
        "total": total,
        "closes": total["closes"],
    }


def _print(found: dict[str, Any]) -> None:
    rows: list[Row] = found["items"]
    up_to = f" up to {when(found['until'])}" if found["until"] else ""
    out.print(f"reads of {found['site']} since {when(found['since'])}{up_to}", markup=False)
    named = [*rows, {"reader": "all", **found["total"]}] if rows else []
    table = [(row["reader"], *(row[name] for name in COLUMNS)) for row in named]
    print_table(HEADS, table, "no readers yet: they are part of the plan, `tallyport site import FILE`")
    if found["total"]["resent"]:
        out.print(f"{found['total']['resent']} more came a second time, byte for byte: taken once", markup=False)
    bad = [row["reader"] for row in rows if not row["closes"]]
    if bad:
        out.print(DOES_NOT_CLOSE.format(readers=", ".join(bad)), markup=False)


def _utc(said: datetime) -> datetime:
    return said.replace(tzinfo=UTC) if said.tzinfo is None else said
