"""The browser's page: the built files of api/web, or a plain word on how to build them."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from api.problem import Problem

DIST: Final = Path(__file__).parent / "web" / "dist"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_NOT_BUILT: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Tallyport</title>
<h1>Tallyport</h1>
<p>The service runs; its page is not built yet.</p>
<p>Run <code>make run</code>, or <code>npm ci &amp;&amp; npm run build</code> in <code>api/web</code>,
and load this page again. The interface at <code>/api/v1</code> works without it.</p>
</html>
"""


def make_router(dist: Path = DIST) -> APIRouter:
    """Serve the files of `dist`; only those that are there when the service starts."""
    router = APIRouter(include_in_schema=False)
    files = {path.relative_to(dist).as_posix(): path for path in dist.rglob("*") if path.is_file()}

    @router.get("/")
    async def index() -> Response:
        if "index.html" not in files:
            return HTMLResponse(_NOT_BUILT, headers={"Cache-Control": "no-cache"})
        return FileResponse(files["index.html"], headers={"Cache-Control": "no-cache"})

    @router.get("/assets/{name:path}")
    async def asset(name: str) -> Response:
        return _file(files, f"assets/{name}", _FOR_EVER)

    @router.get("/{name}")
    async def file(name: str) -> Response:
        return _file(files, name, "no-cache")

    return router


def _file(files: dict[str, Path], name: str, cache: str) -> Response:
    path = files.get(name)
    if path is None:
        raise Problem(404, "there is nothing at this address")
    return FileResponse(path, headers={"Cache-Control": cache})
