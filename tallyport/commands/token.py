"""`tallyport token`: who may look and act."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from core.errors import TallyportError
from core.store.audit import Act, append_audit
from core.store.tokens import Role, Token, create_token, list_tokens, revoke_token
from tallyport.commands.console import ACTOR, JsonFlag, err, out, print_json, print_table, run, settings
from tallyport.commands.database import opened

app = typer.Typer(help="Tokens that open the api; each is shown once and kept as a hash.", no_args_is_help=True)


class NoSuchToken(TallyportError):
    """No token has this number or prefix."""


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whose it is, for the list and the audit.")],
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.VIEWER,
    site: Annotated[list[str] | None, typer.Option(help="A site that it opens; left out: all.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires; left out: never.")] = None,
    *,
    json: JsonFlag = False,
) -> None:
    """Make a token and print it: nobody can read it again."""
    token, text = run(_create(name, role, site or [], days))
    if json:
        print_json({**_shown(token), "token": text})
        return
    out.print(text, markup=False, soft_wrap=True)
    err.print("keep it safe: it is not shown again")


@app.command("list")
def list_(*, json: JsonFlag = False) -> None:
    """All tokens, newest first, without their secrets."""
    tokens = run(_list())
    if json:
        print_json([_shown(token) for token in tokens])
        return
    print_table(
        ("id", "prefix", "name", "role", "sites", "last used", "state"),
        [
            (t.token_id, t.prefix, t.name, t.role, ", ".join(t.sites) or "all", _day(t.last_used_at), _state(t))
            for t in tokens
        ],
        "no tokens yet: `tallyport token create NAME`",
    )


@app.command("revoke")
def revoke(token: Annotated[str, typer.Argument(help="Its id or its prefix (tp_…).")]) -> None:
    """End a token; open connections with it are closed within a second."""
    revoked = run(_revoke(token))
    out.print(f"{revoked.prefix} ({revoked.name}) is revoked", markup=False)


async def _create(name: str, role: Role, sites: list[str], days: int | None) -> tuple[Token, str]:
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    async with opened(settings()) as store, store.transaction() as conn:
        token, text = await create_token(conn, name=name, role=role, sites=sites, expires_at=expires_at)
        await append_audit(conn, Act(actor=ACTOR, act="token.create", subject=token.prefix))
        return token, text


async def _list() -> list[Token]:
    async with opened(settings()) as store, store.connection() as conn:
        return await list_tokens(conn)


async def _revoke(wanted: str) -> Token:
    async with opened(settings()) as store, store.transaction() as conn:
        for token in await list_tokens(conn):
            if wanted in {str(token.token_id), token.prefix}:
                await append_audit(conn, Act(actor=ACTOR, act="token.revoke", subject=token.prefix))
                return await revoke_token(conn, token.token_id) or token
    raise NoSuchToken(f"no token {wanted!r}; `tallyport token list` shows them")


def _shown(token: Token) -> dict[str, object]:
    names = ("token_id", "name", "prefix", "role", "sites", "created_at", "expires_at", "revoked_at", "last_used_at")
    return {name: getattr(token, name) for name in names}


def _state(token: Token) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "open" if token.opens(datetime.now(UTC)) else "expired"


def _day(when: datetime | None) -> str:
    return "never" if when is None else when.strftime("%Y-%m-%d %H:%M")
