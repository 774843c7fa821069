"""`tallyport reader`: who publishes, how they are, and who waits to be let in."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from core.model.pending_reader import PendingReader
from core.store.views import Row, ask
from core.store.views_ledger import reckoned
from tallyport.commands.console import ACTOR, JsonFlag, out, print_json, print_table, run, settings
from tallyport.commands.database import chosen_site, opened

app = typer.Typer(
    help="Readers: their health, their loss ledger, and those that wait for approval.", no_args_is_help=True
)

SiteOption = Annotated[str | None, typer.Option("--site", help="Site id; may be left out where there is one site.")]
ONLINE = {True: "online", False: "OFFLINE", None: "unheard"}


@app.command("list")
def list_(site: SiteOption = None, *, json: JsonFlag = False) -> None:
    """All readers of a site with their health and what became of their reads; then those that wait for approval."""
    readers, pending = run(_list(site))
    if json:
        print_json({"readers": readers, "pending": [_pending(reader) for reader in pending]})
        return
    print_table(
        ("reader", "format", "state", "heard", "stored", "repeats", "late", "refused", "lost"),
        [
            (
                r["id"],
                r["format"],
                ONLINE[r["online"]],
                _age(r["last_arrived_at"]),
                *(r[name] for name in ("stored", "repeats", "late", "quarantined")),
                reckoned(r)["lost"],
            )
            for r in readers
        ],
        "no readers yet: they are part of the plan, `tallyport site import FILE`",
    )
    if pending:
        out.print("\nwaiting for approval (`tallyport reader approve TOPIC`):")
        print_table(
            ("topic", "format", "messages"), [(reader.topic, reader.format, reader.messages) for reader in pending], ""
        )


@app.command("approve")
def approve(
    topic: Annotated[str, typer.Argument(help="The topic on which it publishes, as `reader list` shows it.")],
    site: SiteOption = None,
) -> None:
    """Put a waiting reader on the plan; place its antennas in the site file afterwards."""
    site_id = run(_approve(topic, site))
    out.print(f"{topic} is on the plan of {site_id}: export the plan, place its antennas, import it", markup=False)


async def _list(site: str | None) -> tuple[list[Row], list[PendingReader]]:
    async with opened(settings()) as store:
        site_id = await chosen_site(store, site)
        async with store.connection() as conn:
            row = await ask(conn, "site", site=site_id)
            readers = await ask(conn, "readers", site_id=row[0]["site_id"])
        return readers, await store.pending(site_id)


async def _approve(topic: str, site: str | None) -> str:
    async with opened(settings()) as store:
        site_id = await chosen_site(store, site)
        await store.approve_pending(site_id, topic, ACTOR)
        return site_id


def _pending(reader: PendingReader) -> dict[str, Any]:
    names = ("site", "topic", "reader", "format", "first_arrived_us", "last_arrived_us", "messages")
    return {name: getattr(reader, name) for name in names}


def _age(when: datetime | None) -> str:
    """How long ago, in the unit that fits."""
    if when is None:
        return "never"
    seconds = int((datetime.now(UTC) - when).total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{max(seconds, 0)} s ago"
