"""The `tallyport` command: words in, one call into a room, words out."""

import asyncio
import logging
from typing import Annotated

import typer

from api.service import run_api
from ingest.service import run_ingest
from tallyport.commands import bench, demo, ledger, reader, recordings, score, site, token, where
from tallyport.commands.console import FOUND_WRONG, JsonFlag, out, print_json, run, settings
from tallyport.doctor import examine

app = typer.Typer(
    help="Where every tagged thing is, right now. Readers publish over MQTT; `tallyport demo` shows how it looks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("up")(demo.up)
app.command("where")(where.where)
app.command("ledger")(ledger.ledger)
app.command("bench")(bench.bench)
app.command("replay")(recordings.replay)
app.command("calibrate")(recordings.calibrate)
app.command("score")(score.score)
app.add_typer(site.app, name="site")
app.add_typer(token.app, name="token")
app.add_typer(reader.app, name="reader")


@app.command()
def ingest(
    sites: Annotated[list[str] | None, typer.Argument(help="Sites to take care of; left out: all.")] = None,
) -> None:
    """Run the line: readers' messages in, decisions into the database. One process owns a site."""
    chosen = settings()
    logging.basicConfig(level=chosen.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    run(run_ingest(chosen, sites))


@app.command()
def api() -> None:
    """Run the web service: REST, websockets and the page."""
    chosen = settings()
    logging.basicConfig(level=chosen.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    run(run_api(chosen, asyncio.Event()))


@app.command()
def doctor(*, json: JsonFlag = False) -> None:
    """Say what is wrong and what to do about it; exit status 1 if anything is."""
    findings = run(examine(settings()))
    if json:
        print_json([{"name": f.name, "ok": f.ok, "detail": f.detail, "what_to_do": f.what_to_do} for f in findings])
    else:
        for finding in findings:
            mark = "[green]ok   [/]" if finding.ok else "[red]wrong[/]"
            out.print(mark, end=" ")
            out.print(f"{finding.name}: {finding.detail}", markup=False)
            if not finding.ok and finding.what_to_do:
                out.print(f"      {finding.what_to_do}", markup=False)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(FOUND_WRONG)
