"""
Who gets in: nobody without a token, nobody at another's site, nobody beyond their role, nobody after the token's end.
"""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from websockets.exceptions import InvalidStatus

from api.auth import Rates
from core.settings import Settings
from core.store import Store
from core.store.tokens import Role, create_token
from tests.api_service import Api, close_code, next_frame, running_api
from tests.store_steps import small_site

pytestmark = pytest.mark.parametrize("edition", ["postgres"], indirect=True)
OPEN = {"/healthz", "/readyz", "/"}
SITE = "/api/v1/sites/north"


def endpoints(api: Api) -> list[tuple[str, str]]:
    """Method and path of everything that the interface says it has."""
    return [
        (method.upper(), re.sub(r"\{[a-z_]+\}", "1", path))
        for path, operations in api.app.openapi()["paths"].items()
        for method in operations
        if path not in OPEN
    ]


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Bearer tp_aaaaaaaa_" + "A" * 43, "Basic dTpw"])
async def test_nothing_answers_without_a_token(api: Api, header: str) -> None:
    """
    Every endpoint answers 401 with a problem document to whoever brings no token, or a wrong one.
    """
    async with api.client(None) as client:
        for method, path in endpoints(api):
            answer = await client.request(method, path, headers={"Authorization": header} if header else {})
            assert answer.status_code == 401, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_token_of_another_site_is_refused(api: Api) -> None:
    """
    A token for one site opens no endpoint and no socket of another, and does not see it in the list.
    """
    await api.store.save_site(small_site("south"))
    async with api.store.connection() as conn:
        _, text = await create_token(conn, name="south only", role=Role.ADMIN, sites=["south"])
    async with api.client(text=text) as client:
        for method, path in endpoints(api):
            if path.startswith("/api/v1/sites/"):
                answer = await client.request(method, path.replace("sites/1", "sites/north"), json={})
                assert answer.status_code == 403, path
        assert [site["id"] for site in (await client.get("/api/v1/sites")).json()["items"]] == ["south"]
        assert (await client.post("/api/v1/ws-ticket", json={"site": "north"})).status_code == 403
        assert (await client.post("/api/v1/tokens", json={"name": "x", "role": "admin"})).status_code == 403
    async with api.socket("live", role=None, additional_headers={"Authorization": f"Bearer {text}"}) as socket:
        assert await close_code(socket) == 4403


@pytest.mark.parametrize(
    ("role", "method", "path", "body"),
    [
        (Role.VIEWER, "POST", f"{SITE}/alerts/1/acknowledge", {}),
        (Role.VIEWER, "GET", f"{SITE}/dead-letters", None),
        (Role.OPERATOR, "POST", f"{SITE}/alerts/1/resolve", {"reason": "r"}),
        (Role.OPERATOR, "POST", f"{SITE}/pending-readers/approve", {"topic": "t"}),
        (Role.OPERATOR, "POST", f"{SITE}/shipments/S-1/cancel", None),
        (Role.MANAGER, "POST", "/api/v1/tokens", {"name": "x", "role": "admin"}),
        (Role.MANAGER, "GET", "/api/v1/tokens", None),
        (Role.DEVICE, "GET", f"{SITE}/positions", None),
        (Role.DEVICE, "GET", "/api/v1/sites", None),
    ],
)
async def test_role_is_not_enough(api: Api, role: Role, method: str, path: str, body: object) -> None:
    """
    What a role is not for answers 403, and the answer says which roles are.
    """
    async with api.client(role) as client:
        answer = await client.request(method, path, json=body)

    assert answer.status_code == 403
    assert "it takes" in answer.json()["detail"]


async def test_revoked_token_ends_at_once(api: Api) -> None:
    """
    Revoking a token refuses its next request and closes its sockets within a second.
    """
    made = (await api.post("/api/v1/tokens", {"name": "short", "role": "viewer"})).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    async with (
        api.client(text=made["token"]) as client,
        api.socket("live", role=None, additional_headers=headers) as live,
        api.socket("alerts", role=None, additional_headers=headers) as alerts,
    ):
        assert (await client.get("/api/v1/me")).status_code == 200
        await next_frame(live)
        loop = asyncio.get_running_loop()
        started = loop.time()
        assert (await api.post(f"/api/v1/tokens/{made['token_id']}/revoke")).status_code == 200
        assert (await client.get("/api/v1/me")).status_code == 401
        assert [await close_code(live), await close_code(alerts)] == [4401, 4401]
        assert loop.time() - started <= 1.0


async def test_token_revoked_elsewhere_ends_within_a_second(api: Api) -> None:
    """
    A token revoked in the database, by whatever process, is refused within a second.
    """
    token, text = api.tokens[Role.VIEWER]
    async with api.client(text=text) as client:
        assert (await client.get("/api/v1/me")).status_code == 200
        await api.rows("UPDATE api_token SET revoked_at = now() WHERE token_id = %s", token.token_id)
        await asyncio.sleep(1.0)
        assert (await client.get("/api/v1/me")).status_code == 401


async def test_token_runs_out(api: Api) -> None:
    """
    An expired token is no token.
    """
    async with api.store.connection() as conn:
        _, text = await create_token(
            conn, name="old", role=Role.ADMIN, expires_at=datetime.now(UTC) - timedelta(seconds=1)
        )
    async with api.client(text=text) as client:
        assert (await client.get("/api/v1/me")).status_code == 401


async def test_secret_is_kept_nowhere(api: Api) -> None:
    """
    The database holds a token's prefix and a hash, and no list shows more.
    """
    made = (await api.post("/api/v1/tokens", {"name": "secret", "role": "viewer"})).json()
    secret = made["token"].removeprefix(made["prefix"] + "_")

    assert len(secret) == 43
    assert secret not in repr(await api.rows("SELECT * FROM api_token"))
    assert secret not in (await api.get("/api/v1/tokens")).text
    assert secret not in repr(await api.rows("SELECT * FROM audit"))


async def ticket(api: Api, origin: str) -> str:
    """A ticket for a page of this origin."""
    async with api.client(Role.VIEWER) as client:
        answer = await client.post("/api/v1/ws-ticket", json={"site": "north"}, headers={"Origin": origin})
    text: str = answer.json()["ticket"]
    return text


async def test_ticket_opens_one_socket(api: Api) -> None:
    """
    A ticket opens one socket; the second to come with it is turned away.
    """
    query = f"site=north&ticket={await ticket(api, api.url)}"
    async with api.socket("live", role=None, query=query, origin=api.url) as first:
        assert (await next_frame(first)).kind == 0
        async with api.socket("live", role=None, query=query, origin=api.url) as second:
            assert await close_code(second) == 4401


@pytest.mark.parametrize("change", ["site", "origin", "age"])
async def test_ticket_is_bound(api: Api, change: str) -> None:
    """
    A ticket is good for its site, its origin and half a minute.
    """
    await api.store.save_site(small_site("south"))
    text = await ticket(api, api.url if change != "origin" else "http://elsewhere.example")
    if change == "age":
        await api.rows("UPDATE ws_ticket SET expires_at = now() - interval '1 second'")
    query = f"site={'south' if change == 'site' else 'north'}&ticket={text}"
    async with api.socket("live", role=None, query=query, origin=api.url) as socket:
        assert await close_code(socket) == 4401


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1", "file://"])
async def test_foreign_origin_is_refused_before_accept(api: Api, origin: str) -> None:
    """
    A page of another origin does not get a socket, whatever it brings.
    """
    with pytest.raises(InvalidStatus) as refused:
        async with api.socket("live", origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_no_origin_needs_a_token_in_the_header(api: Api) -> None:
    """
    Without an origin a ticket is not enough: it is no browser, so it brings a token.
    """
    with pytest.raises(InvalidStatus) as refused:
        async with api.socket("live", role=None, query=f"site=north&ticket={await ticket(api, api.url)}"):
            pass
    assert refused.value.response.status_code == 403


async def test_unknown_site_is_told(api: Api) -> None:
    """
    A site that is not there answers 404 and closes sockets with 4404.
    """
    assert (await api.get("/api/v1/sites/nowhere")).status_code == 404
    async with api.socket("live", query="site=nowhere") as socket:
        assert await close_code(socket) == 4404


async def test_guessing_is_slowed_down(store: Store, database_url: str) -> None:
    """
    After some wrong tokens an address has to wait, right token or not; so does a caller who asks too much.
    """
    rates = Rates(burst=5, per_s=0.001, failures_burst=3, failures_per_s=0.001)
    async with running_api(store, Settings(database_url=database_url), rates) as api:
        asked = [(await api.get("/api/v1/me")).status_code for _ in range(6)]
        async with api.client(text="tp_wrong") as client:
            guessed = [await client.get("/api/v1/me") for _ in range(4)]

    assert asked == [200] * 5 + [429]
    assert [answer.status_code for answer in guessed] == [401, 401, 401, 429]
    assert guessed[-1].headers["retry-after"]


async def test_answers_carry_the_security_headers(api: Api) -> None:
    """
    The page may load nothing from elsewhere and be framed nowhere; answers are not cached; no other origin reads them.
    """
    answer = await api.get("/", role=None)
    policy = answer.headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers
    assert (await api.get("/api/v1/me")).headers["cache-control"] == "no-store"
