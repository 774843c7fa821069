"""Which database a command talks to: the one that is named, else that of a running demo or `tallyport up`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.errors import TallyportError
from core.settings import Settings
from core.store import Store, open_store
from tallyport.running import read_addresses


class NoDatabase(TallyportError):
    """No database is named and none of ours runs."""


class WhichSite(TallyportError):
    """The database has not exactly one site and the command names none."""


def database_url(settings: Settings) -> str:
    """The address of the database. Raises NoDatabase."""
    url = settings.database_url or read_addresses(settings.data_dir).get("database_url")
    if not url:
        raise NoDatabase(
            "no database: set TALLYPORT_DATABASE_URL, or start one with `tallyport up` or `tallyport demo`"
        )
    return url


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """Open the store."""
    async with open_store(database_url(settings), role="api") as store:
        yield store


async def chosen_site(store: Store, site: str | None) -> str:
    """The site that a command means: the one it names, else the only one."""
    sites = await store.sites()
    if site is not None:
        if site not in sites:
            raise WhichSite(f"no site {site!r}; there are {', '.join(sites) or 'none: `tallyport site import FILE`'}")
        return site
    if len(sites) != 1:
        raise WhichSite(
            f"say which site with --site: {', '.join(sites) or 'there is none, `tallyport site import FILE`'}"
        )
    return sites[0]
