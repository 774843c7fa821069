"""
The interface as OpenAPI, with every refusal that an endpoint may answer; `python -m api.openapi` prints it.
"""

import json
import sys
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problem import MEDIA_TYPE, ProblemDocument

_EVERYWHERE: Final = (401, 403, 422, 429, 503)
_REF: Final = {"$ref": "#/components/schemas/ProblemDocument"}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the schema, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
        )
        _complete(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _complete(schema: dict[str, Any]) -> None:
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(document.pop("$defs"))
    schemas["ProblemDocument"] = document
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _complete_operation(path, method, operation)


def _complete_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    is_open = path in ("/healthz", "/readyz")
    statuses = set() if is_open else set(_EVERYWHERE)
    if path == "/readyz":
        statuses.add(503)
    if not is_open:
        operation["security"] = [{"token": []}]
        statuses.add(414)
    if "{" in path or _has_cursor(operation) or method == "post":
        statuses.add(404)
    if method in ("post", "put"):
        statuses |= {409}
    if "requestBody" in operation:
        statuses |= {400, 413, 415}
    responses = operation["responses"]
    responses.pop("422", None)
    for status in sorted(statuses - {int(known) for known in responses}):
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": _REF}}}


def _has_cursor(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == "cursor" for parameter in operation.get("parameters", []))


def main() -> None:
    """Print the schema."""
    from api.app import create_app  # noqa: PLC0415 - the app itself needs this module
    from core.settings import Settings  # noqa: PLC0415

    json.dump(describe(create_app(Settings())), sys.stdout, indent=2, sort_keys=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
