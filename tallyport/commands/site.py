"""`tallyport site`: the floor plan in and out."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import SiteFileError
from core.site import ReaderFormat, Site
from core.site_file import dump_site, load_site
from core.store.calibrations import Published
from ingest.adapters import check_hints, check_mapping
from tallyport.calibrate import read_calibration
from tallyport.commands.console import ACTOR, JsonFlag, out, print_json, run, settings, speaking, when
from tallyport.commands.database import chosen_site, opened

app = typer.Typer(help="The floor plan as TOML: zones, readers, antennas, doors.", no_args_is_help=True)

MAPPING_CHECKS = {ReaderFormat.MAPPED: check_mapping, ReaderFormat.IMPINJ: check_hints}

PlanFile = Annotated[Path, typer.Argument(help="A site file (docs/site-file.md).", exists=True, dir_okay=False)]
SiteName = Annotated[str | None, typer.Argument(help="Site id; may be left out where there is one site.")]
SiteOption = Annotated[str | None, typer.Option("--site", help="Site id; may be left out where there is one site.")]


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


@app.command("calibrate")
def calibrate(
    file: Annotated[Path, typer.Argument(help="What `tallyport calibrate` wrote.", exists=True, dir_okay=False)],
    site: SiteOption = None,
    *,
    json: JsonFlag = False,
) -> None:
    """Let a site go by a calibration; a running line takes it up within seconds and loses nothing."""
    _show_calibration(run(_publish(site, file)), json=json)


@app.command("uncalibrate")
def uncalibrate(site: SiteOption = None, *, json: JsonFlag = False) -> None:
    """Let a site go by its floor plan alone again."""
    _show_calibration(run(_publish(site, None)), json=json)


@app.command("show")
def show(site: SiteName = None, *, json: JsonFlag = False) -> None:
    """Say what a site is made of, and which calibration it goes by."""
    plan, published, in_use = run(_look(site))
    facts = _counts(plan) | {"calibration": _facts(published), "calibration_in_use": in_use}
    if json:
        print_json({"site": plan.id, **facts})
        return
    _show(plan, "has", json=False)
    _show_calibration(published, json=False)
    if published is not None and published.version != in_use:
        out.print(f"the line's last step was decided under number {in_use}")


@app.command("export")
def export(site: SiteName = None) -> None:
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


async def _publish(site: str | None, file: Path | None) -> Published:
    async with opened(settings()) as store:
        plan = await store.site(await chosen_site(store, site))
        calibration = None if file is None else read_calibration(file)
        if calibration is None:
            return await store.publish_calibration(plan.id, None, ACTOR)
        calibration.laid_on(plan)
        return await store.publish_calibration(plan.id, calibration.to_json(), ACTOR)


async def _look(site: str | None) -> tuple[Site, Published | None, int]:
    async with opened(settings()) as store:
        plan = await store.site(await chosen_site(store, site))
        _, in_use = await store.calibration_versions(plan.id)
        return plan, await store.calibration(plan.id), in_use


def _facts(published: Published | None) -> dict[str, Any] | None:
    if published is None or published.body is None:
        return None
    return {
        "version": published.version,
        "published_at": published.published_at.isoformat(),
        "published_by": published.published_by,
        "learned_from": published.body["learned_from"],
    }


def _show_calibration(published: Published | None, *, json: bool) -> None:
    facts = _facts(published)
    if json:
        print_json(facts)
    elif facts is None or published is None:
        out.print("goes by the floor plan alone")
    else:
        learned_from = ", ".join(f"{name} {value}" for name, value in facts["learned_from"].items())
        at = when(published.published_at)
        out.print(f"goes by calibration {published.version} of {at} by {published.published_by}: {learned_from}")


def _counts(site: Site) -> dict[str, int]:
    return {
        "zones": len([zone for zone in site.zones if not zone.retired]),
        "readers": len(site.readers),
        "antennas": sum(len(reader.antennas) for reader in site.readers),
        "doors": len(site.doors),
        "sensors": len(site.sensors),
    }


def _show(site: Site, what: str, *, json: bool) -> None:
    counts = _counts(site)
    if json:
        print_json({"site": site.id, **counts})
    else:
        out.print(f"{site.id} {what}: " + ", ".join(f"{n} {name}" for name, n in counts.items()))
