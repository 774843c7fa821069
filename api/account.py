"""Who I am, tickets for websockets, and the tokens that admins give and take back."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from api.access import Caller, Change, Db, GuardedRoute, known_site, may
from api.auth import Doorkeeper, check_may, check_site
from api.problem import Problem
from api.roles import MAY, Act
from api.values import WHOLE, Moment, Page, Pages, SiteName, Strict, Text, TokenId, decode_cursor, page_of
from core.store import audit
from core.store.audit import append_audit
from core.store.tokens import TICKET_LIVES_S, Role, Token, create_ticket, create_token, list_tokens, revoke_token

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["account"])
Admin = Annotated[Token, Depends(may(Act.TOKENS))]


class Me(BaseModel):
    """Whose token this is and what it is good for; sites is empty where it is good for all."""

    name: str
    role: Role
    sites: list[str]
    acts: list[Act]
    expires_at: Moment | None


class TicketWanted(Strict):
    """The site whose websocket is to be opened."""

    site: SiteName


class Ticket(BaseModel):
    """Good once, for one websocket of this site, from the same origin."""

    ticket: str
    expires_in_s: int


class TokenShown(BaseModel):
    """A token without its secret."""

    token_id: int
    name: str
    prefix: str
    role: Role
    sites: list[str] = Field(description="Empty: all.")
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None


class TokenMade(TokenShown):
    """A token with its secret, which nobody can read again."""

    token: str


class NewToken(Strict):
    """What the token is to be good for."""

    name: Text
    role: Role = Field(strict=False)
    sites: list[SiteName] = Field(default=[], max_length=100, description="Empty: all.")
    expires_in_days: Annotated[int, Field(ge=1, le=3650), WHOLE] | None = None


@router.get("/me")
async def me(caller: Caller) -> Me:
    """Say whose token this is and what it may do."""
    return Me(
        name=caller.name,
        role=caller.role,
        sites=list(caller.sites),
        acts=sorted(MAY[caller.role]),
        expires_at=caller.expires_at,
    )


@router.post("/ws-ticket", status_code=201)
async def ws_ticket(request: Request, caller: Caller, wanted: TicketWanted, db: Db) -> Ticket:
    """Give a browser what it opens a websocket with, since it cannot send its token there."""
    check_may(caller, Act.READ)
    check_site(caller, wanted.site)
    await known_site(request.app.state, wanted.site)
    origin = request.headers.get("origin") or own_origin(request)
    ticket = await create_ticket(db, token_id=caller.token_id, site=wanted.site, origin=origin)
    return Ticket(ticket=ticket, expires_in_s=TICKET_LIVES_S)


@router.get("/tokens", response_model=Page[TokenShown])
async def tokens(admin: Admin, db: Db, page: Pages) -> dict[str, Any]:
    """List tokens, newest first."""
    (after,) = decode_cursor(page.cursor, int)
    rows = [_shown(token) for token in await list_tokens(db, limit=page.limit + 1, after=after)]
    return page_of([row for row in rows if _within(admin, row["sites"])], page.limit, ("token_id",))


@router.post("/tokens", response_model=TokenMade, status_code=201)
async def make_token(request: Request, admin: Admin, db: Change, new: NewToken) -> dict[str, Any]:
    """Make a token; its secret is in this answer and nowhere else."""
    for site in new.sites:
        await known_site(request.app.state, site)
    if not _within(admin, new.sites):
        raise Problem(403, "your token is not for all sites: name some of yours")
    expires_at = None if new.expires_in_days is None else datetime.now(UTC) + timedelta(days=new.expires_in_days)
    token, text = await create_token(db, name=new.name, role=new.role, sites=new.sites, expires_at=expires_at)
    detail = {"name": token.name, "role": token.role, "sites": list(token.sites)}
    await append_audit(db, audit.Act(actor=admin.name, act="token.create", subject=token.prefix, detail=detail))
    return {**_shown(token), "token": text}


@router.post("/tokens/{token_id}/revoke", response_model=TokenShown)
async def revoke(request: Request, admin: Admin, db: Change, token_id: TokenId) -> dict[str, Any]:
    """End a token at once; its websockets close."""
    token = await revoke_token(db, token_id)
    if token is None or not _within(admin, token.sites):
        raise Problem(404, "there is no such token")
    await append_audit(db, audit.Act(actor=admin.name, act="token.revoke", subject=token.prefix))
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    doorkeeper.forget(token.prefix)
    return _shown(token)


def own_origin(request: Request) -> str:
    """Return the origin of a page that we serve ourselves, at the address that was asked."""
    return f"{request.url.scheme}://{request.url.netloc}".replace("ws://", "http://", 1).replace(
        "wss://", "https://", 1
    )


def _within(admin: Token, sites: list[str] | tuple[str, ...]) -> bool:
    """Whether these sites are all the admin's; no sites means all sites."""
    return not admin.sites or (bool(sites) and set(sites) <= set(admin.sites))


def _shown(token: Token) -> dict[str, Any]:
    return {name: getattr(token, name) for name in TokenShown.model_fields if name != "sites"} | {
        "sites": list(token.sites)
    }
