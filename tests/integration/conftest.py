"""
An open store with one small site in a fresh database.
"""

from collections.abc import AsyncIterator

import pytest_asyncio

from core.settings import Settings
from core.store import Store, open_store
from tests.api_service import Api, running_api
from tests.store_steps import small_site


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """The store as ingest opens it, with the site `north` in it."""
    async with open_store(database_url, role="ingest") as opened:
        await opened.save_site(small_site())
        yield opened


@pytest_asyncio.fixture
async def api(store: Store, database_url: str) -> AsyncIterator[Api]:
    """The web service over that store, without a broker."""
    async with running_api(store, Settings(database_url=database_url)) as running:
        yield running
