"""`tallyport where`: the last that is known of one tag, and what says so."""

from typing import Annotated, Any

import typer

from core.errors import TallyportError
from core.model.step import STATE_NAMES, TagState
from core.store.views import ask, ask_one
from tallyport.commands.console import JsonFlag, out, print_json, print_table, run, settings, when
from tallyport.commands.database import chosen_site, opened

READS_SHOWN = 10


class NeverSeen(TallyportError):
    """No reader of the site has ever seen this EPC."""


def where(
    epc: Annotated[str, typer.Argument(help="The tag's EPC, hex in either case.")],
    site: Annotated[
        str | None, typer.Option("--site", help="Site id; may be left out where there is one site.")
    ] = None,
    *,
    why: Annotated[bool, typer.Option("--why", help="Also show its last reads and moves.")] = False,
    json: JsonFlag = False,
) -> None:
    """Say where a tag is, since when, and how sure that is."""
    found = run(_where(epc.upper(), site, why=why))
    if json:
        print_json(found)
        return
    place = found["zone_name"] or "an unknown place"
    out.print(f"{found['epc']}  {found['identity']}", markup=False)
    out.print(
        f"{found['state']} in {place} since {when(found['since_at'])}, confidence {found['confidence']:.0%}, "
        f"last seen {when(found['seen_at'])} by {found['reader'] or 'nobody'} antenna {found['antenna']}",
        markup=False,
    )
    if why:
        print_table(
            ("seen", "reader", "antenna", "dBm", "late"),
            [(when(r["seen_at"]), r["reader"], r["antenna"], r["rssi_dbm"], r["late"]) for r in found["reads"]],
            "no reads are kept of it any more",
        )
        print_table(
            ("at", "what", "from", "to", "confidence"),
            [(when(m["at"]), m["kind"], m["from_zone"], m["to_zone"], m["confidence"]) for m in found["movements"]],
            "it has not moved",
        )


async def _where(epc: str, site: str | None, *, why: bool) -> dict[str, Any]:
    async with opened(settings()) as store:
        site_id = await chosen_site(store, site)
        async with store.connection() as conn:
            row = await ask_one(conn, "site", site=site_id)
            number = None if row is None else row["site_id"]
            tag = await ask_one(conn, "tag", site_id=number, epc=epc, tag_id=None)
            if tag is None:
                raise NeverSeen(f"{epc} has never been seen at {site_id}: look for a typing error, or ask another site")
            filters = dict.fromkeys(("after", "epc", "gtin", "sku", "zone", "state", "q"))
            found = await ask_one(conn, "positions", site_id=number, tag_id=tag["tag_id"], limit=1, **filters)
            if found is None:
                raise NeverSeen(f"{epc} has been seen at {site_id} but not placed yet: try again in a second")
            found["state"] = STATE_NAMES[TagState(found["state"])]
            if why:
                since = dict.fromkeys(("since", "until", "after_us"))
                found["reads"] = await ask(
                    conn,
                    "reads",
                    site_id=number,
                    tag_id=tag["tag_id"],
                    limit=READS_SHOWN,
                    **since,
                    after_point=None,
                    after_raw=None,
                )
                found["movements"] = await ask(
                    conn,
                    "movements",
                    site_id=number,
                    tag_id=tag["tag_id"],
                    limit=READS_SHOWN,
                    **since,
                    **dict.fromkeys(("kind", "zone", "after_tag", "after_seq", "after_kind")),
                )
            return found
