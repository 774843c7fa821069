"""`tallyport where`: the last that is known of one tag, and why."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.engine.why import Explainer
from core.errors import BadInput, TallyportError
from core.store.views_site import site_number
from core.store.views_stock import find_tag, list_positions
from core.why import Answer, Desk
from tallyport.commands.console import JsonFlag, err, out, print_json, run, settings, speaking, when
from tallyport.commands.database import chosen_site, opened
from tallyport.commands.why import print_why
from tallyport.evidence import save_evidence


class NeverSeen(TallyportError):
    """No reader of the site has ever seen this EPC."""


class NothingToSave(BadInput):
    """There is no evidence to save."""


def where(
    epc: Annotated[str, typer.Argument(help="The tag's EPC, hex in either case.")],
    site: Annotated[
        str | None, typer.Option("--site", help="Site id; may be left out where there is one site.")
    ] = None,
    *,
    why: Annotated[bool, typer.Option("--why", help="Also say why: what was heard, and which rule decided.")] = False,
    save: Annotated[
        Path | None,
        typer.Option("--save", help="With --why: a folder for the evidence, as `tallyport replay` takes it."),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Say where a tag is, since when, and how sure that is."""
    with_reasons = why or save is not None
    found, answer = run(_ask(epc.upper(), site, why=with_reasons))
    if save is not None and answer is not None:
        with speaking():
            _save(answer, save)
    if json:
        reasons = {} if answer is None else answer.as_json()
        print_json({**found, **{name: value for name, value in reasons.items() if name != "position"}})
        return
    _print_position(found)
    if answer is not None:
        print_why(answer)


def _print_position(found: dict[str, Any]) -> None:
    place = found["zone_name"] or "an unknown place"
    out.print(f"{found['epc']}  {found['identity']}", markup=False)
    out.print(
        f"{found['state']} in {place} since {when(found['since_at'])}, confidence {found['confidence']:.0%}, "
        f"last seen {when(found['seen_at'])} by {found['reader'] or 'nobody'} antenna {found['antenna']}",
        markup=False,
    )


def _save(answer: Answer, folder: Path) -> None:
    if answer.history is None:
        raise NothingToSave("no reads of this tag are kept any more: there is no evidence to save")
    explainer = Explainer(answer.site, answer.calibration)
    again = save_evidence(folder, explainer, answer.history, str(answer.position["epc"]))
    err.print(f"saved; this plays it again, and makes the same why.json:\n  {again}", markup=False, soft_wrap=True)


async def _ask(epc: str, site: str | None, *, why: bool) -> tuple[dict[str, Any], Answer | None]:
    async with opened(settings()) as store:
        site_id = await chosen_site(store, site)
        async with store.connection() as conn:
            number = await site_number(conn, site_id)
            assert number is not None
            tag = await find_tag(conn, number, epc=epc)
            if tag is None:
                raise NeverSeen(f"{epc} has never been seen at {site_id}: look for a typing error, or ask another site")
            rows = await list_positions(conn, number, 1, tag_id=tag["tag_id"])
        if not rows:
            raise NeverSeen(f"{epc} has been seen at {site_id} but not placed yet: try again in a second")
        answer = await Desk(store).ask(site_id, number, epc) if why else None
    return (rows[0] if answer is None else answer.position), answer
