"""`tallyport demo` and `tallyport up`: everything on this machine, with simulated readers or with yours."""

import asyncio
from typing import Annotated

import typer

from core.settings import Settings
from tallyport.commands.console import err, out, print_json, run, say_progress, settings
from tallyport.demo.play import DemoOptions, demo_settings, headless, running_demo, running_simulator
from tallyport.running import Running, Say, running_database, running_tallyport
from tallyport.services.process import ServiceFailed


def demo(  # noqa: PLR0917 - typer calls it, by keyword
    for_s: Annotated[float | None, typer.Option("--for", min=1.0, help="Seconds; left out: until Ctrl-C.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same warehouse and the same day.")] = 7,
    scenario: Annotated[str, typer.Option(help="standard, day or shrinkage.")] = "standard",
    speed: Annotated[float, typer.Option(min=0.1, max=100.0, help="How fast simulated time runs.")] = 1.0,
    tags: Annotated[int | None, typer.Option(min=10, max=2_000_000, help="How many tags.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the page, else 8000.")] = None,
    *,
    headless_: Annotated[bool, typer.Option("--headless", help="Without a page to look at: run, and sum up.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Show a living warehouse: simulated readers in front of the real broker, engine, database and page."""
    chosen = settings() if port is None else settings().model_copy(update={"api_port": port})
    options = DemoOptions(seed=seed, scenario=scenario, tags=tags, for_s=for_s, speed=speed)
    if headless_ or json:
        print_json(run(headless(demo_settings(chosen), _with_end(options), say_progress())))
    else:
        run(_show(demo_settings(chosen), options))


def up(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the page, else 8000.")] = None,
) -> None:
    """Run all of Tallyport on this machine: services where none are named, the line, the web service."""
    chosen = settings() if port is None else settings().model_copy(update={"api_port": port})
    run(_up(chosen))


async def _show(chosen: Settings, options: DemoOptions) -> None:
    say = say_progress()
    async with (
        running_demo(chosen, options, say) as (running, client),
        running_simulator(running, client, options, say) as _,
    ):
        out.print(f"\nThe floor is live: {running.base_url}/#token={client.token}\n", markup=False, soft_wrap=True)
        err.print("Ctrl-C ends it; `tallyport where EPC` and `tallyport reader list` work meanwhile in another window")
        await _until_end(running, options.for_s)


async def _up(chosen: Settings) -> None:
    say: Say = say_progress()
    async with (
        running_database(chosen, say) as (services, addressed),
        running_tallyport(services, addressed, say) as running,
    ):
        out.print(f"\nTallyport runs: {running.base_url}\n", markup=False)
        err.print(
            f"readers publish to {addressed.mqtt_url}; make a token with `tallyport token create NAME --role admin`"
        )
        await _until_end(running, None)


async def _until_end(running: Running, for_s: float | None) -> None:
    """Wait for the end that was asked for, and say so if one of our processes ends before."""
    loop = asyncio.get_running_loop()
    ends = None if for_s is None else loop.time() + for_s
    while ends is None or loop.time() < ends:
        await asyncio.sleep(0.5)
        for child in running.children:
            if not child.running:
                raise ServiceFailed(f"{child.launch.name} ended by itself; the reason is in {child.launch.log}")


def _with_end(options: DemoOptions) -> DemoOptions:
    """A run that is summed up must end."""
    if options.for_s is not None:
        return options
    return DemoOptions(seed=options.seed, scenario=options.scenario, tags=options.tags, for_s=60.0, speed=options.speed)
