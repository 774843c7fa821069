"""`tallyport site`: the floor plan in and out."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import SiteFileError
from core.site import ReaderFormat, Site
from core.site_file import dump_site, load_site
from ingest.adapters import check_hints, check_mapping
from tallyport.commands.console import JsonFlag, out, print_json, run, settings, speaking
from tallyport.commands.database import chosen_site, opened

app = typer.Typer(help="The floor plan as TOML: zones, readers, antennas, doors.", no_args_is_help=True)

MAPPING_CHECKS = {ReaderFormat.MAPPED: check_mapping, ReaderFormat.IMPINJ: check_hints}

PlanFile = Annotated[Path, typer.Argument(help="A site file (docs/site-file.md).", exists=True, dir_okay=False)]


@app.command("check")
def check(file: PlanFile, *, json: JsonFlag = False) -> None:
    """Read a site file and name every problem with its line; changes nothing."""
    with speaking():
        _show(_read(file), "is right", json=json)


@app.command("import")
def import_(
    file: PlanFile,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only.")] = False,
    json: JsonFlag = False,
) -> None:
    """Bring the plan in the database to this file; a running line takes it up within seconds."""
    with speaking():
        site = _read(file)
    if not dry_run:
        site = run(_save(site))
    _show(site, "would be imported" if dry_run else "is imported", json=json)


@app.command("export")
def export(
    site: Annotated[str | None, typer.Argument(help="Site id; may be left out where there is one site.")] = None,
) -> None:
    """Print the plan that is in the database as a site file."""
    typer.echo(dump_site(run(_load(site))), nl=False)


def _read(file: Path) -> Site:
    """Read a site file, and each reader's mapping with the adapter's own eyes. Raises SiteFileError."""
    site = load_site(file)
    problems = [
        f'{file.name}: reader "{reader.id}": {problem}'
        for reader in site.readers
        for problem in MAPPING_CHECKS.get(reader.format, _no_problems)(reader.mapping)
    ]
    if problems:
        raise SiteFileError(problems)
    return site


def _no_problems(_: dict[str, Any]) -> list[str]:
    return []


async def _save(site: Site) -> Site:
    async with opened(settings()) as store:
        return await store.save_site(site)


async def _load(site: str | None) -> Site:
    async with opened(settings()) as store:
        return await store.site(await chosen_site(store, site))


def _show(site: Site, what: str, *, json: bool) -> None:
    antennas = sum(len(reader.antennas) for reader in site.readers)
    counts = {
        "zones": len([zone for zone in site.zones if not zone.retired]),
        "readers": len(site.readers),
        "antennas": antennas,
        "doors": len(site.doors),
        "sensors": len(site.sensors),
    }
    if json:
        print_json({"site": site.id, **counts})
    else:
        out.print(f"{site.id} {what}: " + ", ".join(f"{n} {name}" for name, n in counts.items()))
