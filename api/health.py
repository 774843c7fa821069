"""Whether the service lives, whether it can serve, and its figures."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from api.access import GuardedRoute, may
from api.hub import Hubs
from api.ledger import ledger_metrics
from api.openapi import describe
from api.problem import Problem
from api.roles import Act
from api.watch import Watch
from core.clock import now_us
from core.errors import SchemaMismatch, StoreUnavailable
from core.store import Store
from core.store.migrate import check_schema
from core.store.tokens import Token
from core.store.views_ledger import list_ledgers

open_router = APIRouter(tags=["health"])
router = APIRouter(route_class=GuardedRoute, tags=["health"])


class Health(BaseModel):
    """The process answers."""

    status: str


class Freshness(BaseModel):
    """How far one site has come."""

    site: str
    seq: int = Field(description="The last committed step that this process knows.")
    behind_s: float | None = Field(
        description="Seconds between that step's stream time and now; null before the first."
    )


class Readiness(BaseModel):
    """The database answers, its schema is ours, the sites are loaded."""

    status: str
    edition: str
    broker_connected: bool = Field(description="Without a broker live positions come from the database, slower.")
    sites: list[Freshness]


@open_router.get("/healthz")
async def healthz() -> Health:
    """Say that the process lives."""
    return Health(status="ok")


@open_router.get("/readyz")
async def readyz(request: Request) -> Readiness:
    """Say whether requests can be served now."""
    store: Store = request.app.state.store
    hubs: Hubs = request.app.state.hubs
    try:
        async with store.connection() as conn:
            await check_schema(conn)
    except SchemaMismatch as exc:
        raise Problem(503, str(exc)) from exc
    waiting = [hub.site for hub in hubs.all() if not hub.loaded.is_set()]
    if waiting or not hubs.looked:
        raise Problem(503, "still loading the sites; try again shortly", headers={"Retry-After": "1"})
    return Readiness(
        status="ready",
        edition=str(store.edition),
        broker_connected=hubs.broker_connected,
        sites=[Freshness(site=h.site, seq=max(h.seq, 0), behind_s=behind_s(h.closed_us)) for h in hubs.all()],
    )


def behind_s(closed_us: int) -> float | None:
    """How long ago a stream time was."""
    return round((now_us() - closed_us) / 1e6, 3) if closed_us else None


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request, caller: Annotated[Token, Depends(may(Act.METRICS))]) -> Response:
    """Show figures in Prometheus's text form: those of the sites that the token is for, and the process's own."""
    hubs: Hubs = request.app.state.hubs
    watch: Watch = request.app.state.watch
    lines = [
        "# HELP tallyport_api_sockets Websockets open now.",
        "# TYPE tallyport_api_sockets gauge",
        f"tallyport_api_sockets {watch.open}",
        "# HELP tallyport_site_seq Last committed step known here.",
        "# TYPE tallyport_site_seq gauge",
    ]
    shown = [hub for hub in hubs.all() if caller.covers(hub.site)]
    lines += [f'tallyport_site_seq{{site="{hub.site}"}} {max(hub.seq, 0)}' for hub in shown]
    lines += ["# HELP tallyport_site_behind_seconds Age of that step.", "# TYPE tallyport_site_behind_seconds gauge"]
    lines += [f'tallyport_site_behind_seconds{{site="{h.site}"}} {behind_s(h.closed_us)}' for h in shown if h.closed_us]
    own = generate_latest() if not caller.sites else b""
    ledgers = await _ledgers(request.app.state.store, caller)
    return Response("\n".join(lines).encode() + b"\n" + ledgers + own, media_type=CONTENT_TYPE_LATEST)


async def _ledgers(store: Store, caller: Token) -> bytes:
    """Every reader's ledger; nothing while the database is away, where the other figures matter all the more."""
    try:
        async with store.connection() as conn:
            rows = await list_ledgers(conn)
    except StoreUnavailable:
        return b""
    return ledger_metrics(row for row in rows if caller.covers(row["site"]))


@router.get("/api/v1/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> dict[str, object]:
    """Show this interface as OpenAPI."""
    return describe(request.app)
