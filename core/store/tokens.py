"""Tokens that open the api: made from randomness, shown once, kept as a hash, ended at any moment."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from core.store.connection import Connection
from core.store.views import Row, ask, ask_one

_ID_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_TOKEN: Final = re.compile(r"(tp_[a-z0-9]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
TICKET_LIVES_S: Final = 30


class Role(StrEnum):
    """What a token is for; api/roles.py says what each may do."""

    VIEWER = "viewer"
    """The floor: looks."""
    OPERATOR = "operator"
    """The floor: looks, acknowledges, keeps shipments."""
    MANAGER = "manager"
    """The inventory manager: resolves alerts, approves readers."""
    ADMIN = "admin"
    """Gives tokens and takes them back."""
    DEVICE = "device"
    """A machine that watches us: metrics, nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token without its secret. sites is empty where it opens all sites."""

    token_id: int
    name: str
    prefix: str
    role: Role
    sites: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    digest: bytes = b""

    def opens(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def matches(self, secret: str) -> bool:
        """Whether this is the token's secret, in a time that tells nothing."""
        return hmac.compare_digest(self.digest, digest_of(secret))

    def covers(self, site: str) -> bool:
        """Whether it is meant for this site."""
        return not self.sites or site in self.sites


def digest_of(secret: str) -> bytes:
    """Hash a secret; it is random and long, so that one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode("ascii", "replace")).digest()


def split_token(text: str) -> tuple[str, str] | None:
    """Cut a token into the prefix that may be shown and the secret; None where it is not one of ours."""
    found = _TOKEN.fullmatch(text)
    return (found[1], found[2]) if found else None


async def create_token(
    conn: Connection, *, name: str, role: Role, sites: Sequence[str] = (), expires_at: datetime | None = None
) -> tuple[Token, str]:
    """Make a token; returns it and its text, which nobody can read again."""
    prefix = "tp_" + "".join(secrets.choice(_ID_LETTERS) for _ in range(8))
    secret = secrets.token_urlsafe(32)
    row = await ask_one(
        conn,
        "insert_token",
        name=name,
        prefix=prefix,
        digest=digest_of(secret),
        role=str(role),
        sites=list(sites),
        expires_at=expires_at,
    )
    assert row is not None
    return _token(row), f"{prefix}_{secret}"


async def token_by_prefix(conn: Connection, prefix: str) -> Token | None:
    """Find a token by the part of it that may be shown."""
    row = await ask_one(conn, "token_by_prefix", prefix=prefix)
    return _token(row) if row else None


async def token_by_id(conn: Connection, token_id: int) -> Token | None:
    """Find a token by its number."""
    row = await ask_one(conn, "token_by_id", token_id=token_id)
    return _token(row) if row else None


async def list_tokens(conn: Connection, *, limit: int = 1000, after: int | None = None) -> list[Token]:
    """List tokens, newest first."""
    return [_token(row) for row in await ask(conn, "tokens", limit=limit, after=after)]


async def revoke_token(conn: Connection, token_id: int) -> Token | None:
    """End a token; None where there is no such token."""
    row = await ask_one(conn, "revoke_token", token_id=token_id)
    return _token(row) if row else None


async def touch_token(conn: Connection, token_id: int) -> None:
    """Remember that a token was used."""
    await ask(conn, "touch_token", token_id=token_id)


async def live_tokens(conn: Connection, token_ids: Sequence[int]) -> set[int]:
    """Which of these tokens are neither revoked nor expired."""
    return {row["token_id"] for row in await ask(conn, "live_tokens", token_ids=list(token_ids))}


async def create_ticket(conn: Connection, *, token_id: int, site: str, origin: str) -> str:
    """Make a ticket that opens one websocket of this site, from this origin, once, within half a minute."""
    ticket = secrets.token_urlsafe(32)
    digest = digest_of(ticket)
    await ask(conn, "insert_ticket", digest=digest, token_id=token_id, site=site, origin=origin, seconds=TICKET_LIVES_S)
    return ticket


async def redeem_ticket(conn: Connection, ticket: str, *, site: str, origin: str) -> Token | None:
    """Take a ticket out; whatever it turns out to be, it is gone after this."""
    row = await ask_one(conn, "redeem_ticket", digest=digest_of(ticket))
    if row is None or not row["fresh"] or (row["site"], row["origin"]) != (site, origin):
        return None
    return await token_by_id(conn, row["token_id"])


def _token(row: Row) -> Token:
    return Token(**{**row, "role": Role(row["role"]), "sites": tuple(row["sites"])})
