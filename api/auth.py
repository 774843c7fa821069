"""
Who is asking: one way to find out, for requests and for websockets alike.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from starlette.requests import HTTPConnection

from api.problem import Problem, not_signed_in
from api.roles import MAY, Act
from api.together import Together
from core.store import Store
from core.store.tokens import Role, Token, split_token, token_by_prefix, touch_token

REMEMBERED_S: Final = 0.8
"""A token is looked up again after this: revoking it works within a second, in whichever process it is done."""
REMEMBERED_MAX: Final = 10_000
ADDRESSES_MAX: Final = 10_000

Timer = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How much one caller may ask: so many at once, and so many a second for ever."""

    burst: float = 400.0
    per_s: float = 100.0
    failures_burst: float = 30.0
    """Wrong tokens from one address."""
    failures_per_s: float = 0.5


class Buckets:
    """A bucket of permissions for each caller, filling up with time; the one longest unused is forgotten first."""

    def __init__(self, burst: float, per_s: float, timer: Timer = time.monotonic) -> None:
        self._burst = burst
        self._per_s = per_s
        self._timer = timer
        self._levels: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def level(self, caller: object) -> float:
        """How much the caller has left."""
        now = self._timer()
        level, at = self._levels.get(caller, (self._burst, now))
        return min(self._burst, level + (now - at) * self._per_s)

    def take(self, caller: object) -> bool:
        """Take one permission, if there is one."""
        level = self.level(caller)
        if level < 1.0:
            return False
        self._levels[caller] = (level - 1.0, self._timer())
        self._levels.move_to_end(caller)
        if len(self._levels) > ADDRESSES_MAX:
            self._levels.popitem(last=False)
        return True


class Doorkeeper:
    """Knows tokens: remembers each for less than a second, and slows down whoever guesses."""

    def __init__(self, store: Store, rates: Rates, timer: Timer = time.monotonic) -> None:
        self._store = store
        self._timer = timer
        self._remembered: OrderedDict[str, tuple[float, Token | None]] = OrderedDict()
        self._asked = Together(self._ask)
        self._requests = Buckets(rates.burst, rates.per_s, timer)
        self._failures = Buckets(rates.failures_burst, rates.failures_per_s, timer)

    async def admit(self, connection: HTTPConnection) -> Token:
        """Return the caller's token; raises Problem 401 or 429."""
        address = connection.client.host if connection.client else ""
        if self._failures.level(address) < 1.0:
            raise _too_many("too many wrong tokens from this address; wait a moment")
        scheme, _, text = connection.headers.get("authorization", "").partition(" ")
        token = await self.token_of(text.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            if text:
                self._failures.take(address)
            raise not_signed_in()
        if not self._requests.take(token.token_id):
            raise _too_many("too many requests with this token; wait a moment")
        return token

    async def token_of(self, text: str) -> Token | None:
        """Find the token that opens now and whose secret this is."""
        parts = split_token(text)
        if parts is None:
            return None
        token = await self._look_up(parts[0])
        if token is None or not token.matches(parts[1]) or not token.opens(datetime.now(UTC)):
            return None
        return token

    def forget(self, prefix: str) -> None:
        """Look a token up anew: it has just changed."""
        self._remembered.pop(prefix, None)

    async def _look_up(self, prefix: str) -> Token | None:
        known = self._remembered.get(prefix)
        if known and self._timer() - known[0] < REMEMBERED_S:
            return known[1]
        return await self._asked.ask(prefix)

    async def _ask(self, prefix: str) -> Token | None:
        asked = self._timer()
        async with self._store.connection() as conn:
            token = await token_by_prefix(conn, prefix)
            if token is not None:
                await touch_token(conn, token.token_id)
        self._remembered[prefix] = (asked, token)
        self._remembered.move_to_end(prefix)
        if len(self._remembered) > REMEMBERED_MAX:
            self._remembered.popitem(last=False)
        return token


def check_may(token: Token, act: Act) -> None:
    """Raise Problem 403 where the token's role is not for this."""
    if act not in MAY[token.role]:
        needed = ", ".join(role for role in Role if act in MAY[role])
        raise Problem(403, f"a token of role {token.role} may not {act}; it takes {needed}")


def check_site(token: Token, site: str) -> None:
    """Raise Problem 403 where the token is for other sites; whether this one exists is not said."""
    if not token.covers(site):
        raise Problem(403, f"this token is not for site {site}")


def _too_many(detail: str) -> Problem:
    return Problem(429, detail, headers={"Retry-After": "2"})
