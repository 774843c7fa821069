"""A plain client of the REST interface, for what an ERP or a person would ask of it."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from core.errors import TallyportError

TIMEOUT_S: Final = 15.0


class RequestRefused(TallyportError):
    """The api answered a request with a problem; the message is the problem's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One api, one token."""

    base_url: str
    token: str

    async def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """GET a path under /api/v1 with query parameters."""
        question = f"?{urlencode(query)}" if query else ""
        return await asyncio.to_thread(self._send, "GET", path + question, None)

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a JSON body to a path under /api/v1."""
        return await asyncio.to_thread(self._send, "POST", path, body)

    async def pages(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """GET all items of a paged list."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return items

    def websocket(self, path: str, site: str) -> str:
        """The address of a websocket of this api."""
        return f"{self.base_url.replace('http', 'ws', 1)}{path}?{urlencode({'site': site})}"

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the address is our own api's
            f"{self.base_url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 - as above
                answer: dict[str, Any] = json.loads(response.read() or b"{}")
                return answer
        except urllib.error.HTTPError as exc:
            raise RequestRefused(f"{method} {path}: {exc.code} {exc.read().decode(errors='replace')}") from exc


def answers(url: str) -> bool:
    """Whether a GET on this address is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2.0) as response:  # noqa: S310 - our own api on loopback
            return bool(response.status == 200)  # noqa: PLR2004 - HTTP's own word for well
    except (urllib.error.URLError, OSError):
        return False
