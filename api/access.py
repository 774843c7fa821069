"""
What stands between a request and its endpoint: the token, the site, strict parameters, a database connection.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Request
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.auth import Doorkeeper, check_may, check_site
from api.hub import Hubs
from api.problem import FieldProblem, Problem
from api.roles import Act
from api.together import Together
from api.values import SiteId
from core.store import Store
from core.store.connection import Connection
from core.store.tokens import Token
from core.store.views_site import site_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Leave to do something at a site."""

    token: Token
    site: str
    site_id: int


class StrictRequest(Request):
    """A request whose JSON is read by the letter: no NaN, no lone surrogates, no second encoding."""

    async def json(self) -> Any:  # noqa: ANN401 - JSON
        """Read the body; raises Problem 400 where it is not JSON."""
        try:
            return msgspec.json.decode(await self.body())
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as exc:
            raise Problem(400, f"the body is not JSON: {str(exc)[:200]}") from exc


class GuardedRoute(APIRoute):
    """A route that nobody passes without a token; nothing of the request's body is read before."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the checks in front of the endpoint."""
        endpoint = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            doorkeeper: Doorkeeper = request.app.state.doorkeeper
            request.state.token = await doorkeeper.admit(request)
            check_query(request, self.dependant)
            if self.body_field is not None and _has_body(request):
                _check_content_type(request)
            return await endpoint(StrictRequest(request.scope, request.receive))

        return guarded


def check_query(request: Request, dependant: Dependant) -> None:
    """Raise Problem 422 for a parameter that the endpoint does not have, or that is given twice."""
    known = set(_query_names(dependant))
    given = [name for name, _ in request.query_params.multi_items()]
    errors = [FieldProblem(field=f"query.{_show(name)}", message="no such parameter") for name in set(given) - known]
    errors += [
        FieldProblem(field=f"query.{name}", message="given more than once") for name in known if given.count(name) > 1
    ]
    if errors:
        raise Problem(422, "the request is not right; see errors", errors=errors[:20])


def _check_content_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "send the body as Content-Type: application/json")


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _query_names(dependant: Dependant) -> list[str]:
    names = [name for field in dependant.query_params for name in _field_names(field)]
    return names + [name for below in dependant.dependencies for name in _query_names(below)]


def _field_names(field: ModelField) -> list[str]:
    kind = field.field_info.annotation
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return list(kind.model_fields)
    return [str(field.alias)]


def _show(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name[:64])


def _token(request: Request) -> Token:
    token: Token = request.state.token
    return token


def may(act: Act) -> Callable[[Request], Token]:
    """Make the check that a token is for this act, at no site in particular."""

    def check(request: Request) -> Token:
        token = _token(request)
        check_may(token, act)
        return token

    return check


def may_at_site(act: Act) -> Callable[[Request, str], Awaitable[Access]]:
    """Make the check that a token is for this act at the site of the path."""

    async def check(request: Request, site: SiteId) -> Access:
        token = _token(request)
        check_may(token, act)
        check_site(token, site)
        return Access(token=token, site=site, site_id=await known_site(request.app.state, site))

    return check


async def known_site(state: Any, site: str) -> int:  # noqa: ANN401 - starlette's State
    """Find a site's number, which never changes; raises Problem 404."""
    numbers: SiteNumbers = state.site_numbers
    number = await numbers.of(site)
    if number is None:
        raise Problem(404, f"there is no site {site}; GET /api/v1/sites lists them")
    return number


class SiteNumbers:
    """The number of each site that there is, asked of the database once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, int] = {}
        self._asked = Together(self._ask)

    async def of(self, site: str) -> int | None:
        """Return a site's number, None where there is no such site."""
        return self._known.get(site) or await self._asked.ask(site)

    async def _ask(self, site: str) -> int | None:
        async with self._store.connection() as conn:
            number = await site_number(conn, site)
        if number is not None:
            self._known[site] = number
        return number


async def _connection(request: Request) -> AsyncIterator[Connection]:
    store: Store = request.app.state.store
    async with store.connection() as conn:
        yield conn


async def _transaction(request: Request) -> AsyncIterator[Connection]:
    store: Store = request.app.state.store
    async with store.transaction() as conn:
        yield conn
    # Committed: whoever listens to this site's alerts need not wait for the next look.
    hubs: Hubs = request.app.state.hubs
    hubs.look_now()


# The connection goes back before the answer is sent: a slow client holds none.
Db = Annotated[Connection, Depends(_connection, scope="function")]
Change = Annotated[Connection, Depends(_transaction, scope="function")]
"""A connection inside a transaction, which commits where the endpoint ends well."""

Caller = Annotated[Token, Depends(_token)]
Reading = Annotated[Access, Depends(may_at_site(Act.READ))]
Inspecting = Annotated[Access, Depends(may_at_site(Act.INSPECT))]
