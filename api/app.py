"""
The web service put together: its routes as a list, what lives as long as it does in the lifespan.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from api import (
    account,
    alerts,
    calibration,
    health,
    ledger,
    page,
    passages,
    positions,
    problem,
    products,
    readers,
    shipments,
    sites,
    sockets,
    stock,
    telemetry,
    why,
)
from api.access import SiteNumbers
from api.auth import Doorkeeper, Rates
from api.hub import Hubs
from api.openapi import describe
from api.shield import Shield
from api.watch import Watch
from core.settings import Settings
from core.store import open_store

log = logging.getLogger(__name__)

ROUTERS = (
    account.router,
    sites.router,
    sites.site_router,
    calibration.router,
    readers.router,
    ledger.router,
    positions.router,
    why.router,
    passages.router,
    stock.router,
    telemetry.router,
    alerts.router,
    shipments.router,
    products.router,
    health.open_router,
    health.router,
    sockets.router,
)


def create_app(settings: Settings, rates: Rates | None = None) -> FastAPI:
    """Make the application; what it needs is opened when it starts and closed when it ends."""
    app = FastAPI(
        title="Tallyport",
        version="1",
        summary="Where every tagged thing in a warehouse is, right now.",
        description="Every answer that is not a success is an RFC 9457 problem document.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan(settings, rates or Rates()),
    )
    app.state.settings = settings
    app.openapi = lambda: describe(app)  # type: ignore[method-assign] # the way FastAPI documents
    problem.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(page.make_router())
    app.add_middleware(Shield)
    return app


def _lifespan(settings: Settings, rates: Rates) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(open_store(settings.database_url or "", role="api"))
            app.state.store = store
            app.state.site_numbers = SiteNumbers(store)
            app.state.why_counter = why.Counter(store)
            app.state.doorkeeper = Doorkeeper(store, rates)
            app.state.watch = await stack.enter_async_context(Watch(store).running())
            app.state.hubs = await stack.enter_async_context(Hubs(store, settings).running())
            yield

    return lifespan
