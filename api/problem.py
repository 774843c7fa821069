"""
Everything that goes wrong leaves as an RFC 9457 problem document; this is the one place that writes them.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

from core.errors import StoreUnavailable

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 2
_MESSAGE_MAX: Final = 200
_ERRORS_MAX: Final = 20


class FieldProblem(BaseModel):
    """One part of a request that is not right."""

    field: str
    message: str


class ProblemDocument(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    type: str = Field("about:blank", description="Always about:blank: the status says the kind.")
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What was wrong here, and what to do.")
    instance: str = Field(description="The path that was asked for.")
    errors: list[FieldProblem] = Field(default=[], description="What is wrong with the request, part by part.")


class Problem(HTTPException):
    """A request that we refuse, with what to do about it."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.errors = list(errors)


def not_signed_in(detail: str = "send a token that is valid: Authorization: Bearer tp_...") -> Problem:
    """Make the answer to somebody whom we don't know."""
    return Problem(401, detail, headers={"WWW-Authenticate": 'Bearer realm="tallyport"'})


def answer(request: Request, problem: Problem) -> Response:
    """Write the document."""
    document = ProblemDocument(
        title=HTTPStatus(problem.status_code).phrase,
        status=problem.status_code,
        detail=problem.detail,
        instance=request.url.path[:_MESSAGE_MAX],
        errors=problem.errors,
    )
    return JSONResponse(
        document.model_dump(mode="json"), problem.status_code, headers=problem.headers, media_type=MEDIA_TYPE
    )


def install(app: FastAPI) -> None:
    """Let the application answer all errors this way."""
    app.add_exception_handler(StarletteHTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(StoreUnavailable, _on_store)
    app.add_exception_handler(Exception, _on_bug)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    if isinstance(error, Problem):
        return answer(request, error)
    details = {
        404: "there is nothing at this address",
        405: "this address does not know that method",
    }
    detail = details.get(error.status_code, str(error.detail))
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_at(request)) or headers.get("Allow", "GET")
    return answer(request, Problem(error.status_code, detail, headers=headers))


def _methods_at(request: Request) -> list[str]:
    """List what the interface knows at this address; the router names the methods of one endpoint only."""
    for path, operations in request.app.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", path), request.url.path):
            return sorted(method.upper() for method in operations)
    return []


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [_field_problem(each) for each in error.errors()[:_ERRORS_MAX]]
    return answer(request, Problem(422, "the request is not right; see errors", errors=errors))


async def _on_store(request: Request, error: Exception) -> Response:
    log.warning("store unavailable", extra={"action": "store_unavailable", "error": str(error)})
    return answer(
        request,
        Problem(503, "the database is away or busy; try again shortly", headers={"Retry-After": str(RETRY_AFTER_S)}),
    )


async def _on_bug(request: Request, error: Exception) -> Response:
    log.error("unhandled error", extra={"action": "unhandled_error", "path": request.url.path}, exc_info=error)
    return answer(request, Problem(500, "this is our mistake; it is in the service's log"))


def _field_problem(error: Mapping[str, Any]) -> FieldProblem:
    where = ".".join(str(part) for part in error["loc"])
    # What was sent is not sent back: it may be long, secret, or not even text.
    return FieldProblem(
        field=where.encode("utf-8", "replace").decode()[:_MESSAGE_MAX], message=str(error["msg"])[:_MESSAGE_MAX]
    )
