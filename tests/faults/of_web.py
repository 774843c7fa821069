"""Faults between the web service and the people who look at alerts."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from core.store import open_store
from core.store.queries import QUERIES
from core.store.tokens import Role, create_token
from tallyport.client import answers
from tallyport.services.process import LOOPBACK, free_port
from tests.faults.clients import Clients, listening
from tests.faults.plodders import HELLO, Plodder, plodding
from tests.faults.processes import Service
from tests.faults.proxy import Proxy, proxy_of
from tests.faults.stage import Stage

CLIENTS: Final = 20
CROWD: Final = 1_000
PER_TOKEN: Final = 50
"""As many as one token may have."""
SLOW: Final = 5
"""Clients that read a byte a second, of each of both streams."""
WORDS: Final = 300
WORD: Final = "Look " * 4_000
"""20 kB: some hundred of them fill all buffers between the web service and a client that does not read."""
WORDS_PER_S: Final = 40.0
CLOSED_S_MAX: Final = 20.0
TOLD_P99_S_MAX: Final = 1.0
BACK_S_MAX: Final = 30.0
TOLD_S_MAX: Final = 30.0
CAUGHT_UP_S_MAX: Final = 15.0

Break = Callable[[Stage, Service, Proxy, Clients], None]


def clients_cut(stage: Stage) -> None:
    """Clients' connections reset again and again, while alerts come and go."""
    _with_clients(stage, CLIENTS, cut_often)


def cut_often(stage: Stage, api: Service, link: Proxy, clients: Clients) -> None:  # noqa: ARG001 - as Break
    """Reset the clients' connections again and again."""
    ends = time.monotonic() + 8.0
    while time.monotonic() < ends:
        stage.pause(0.2, 0.8)
        link.cut()


def service_restarted(stage: Stage) -> None:
    """The web service stopped, and then killed, with a crowd connected."""
    _with_clients(stage, CROWD, restart)


def restart(stage: Stage, api: Service, link: Proxy, clients: Clients) -> None:  # noqa: ARG001 - as Break
    """Stop the web service, and then kill it, and see its clients come back."""
    for end in (api.stop, api.kill):
        end()
        since_s = time.monotonic()
        api.start()
        back = stage.until(lambda: clients.all_in(since_s), BACK_S_MAX)  # noqa: B023 - asked before the next round
        stage.must("not all clients came back", hold=back)
        stage.verdict.notes["all_back_s"] = round(time.monotonic() - since_s, 1)


def slow_clients(stage: Stage) -> None:
    """Some clients read a byte a second while much is told: they are let go, and the others notice nothing."""
    _with_clients(stage, CLIENTS, tell_much)


def tell_much(stage: Stage, api: Service, link: Proxy, clients: Clients) -> None:  # noqa: ARG001 - as Break
    """Tell more than fits into all buffers, and see who is still there, and when the others were told."""
    port, token = int(api.told["TALLYPORT_API_PORT"]), asyncio.run(_token(stage.database_url))
    alerts = [Plodder(port, f"/ws/v1/alerts?site={stage.site}", token, HELLO) for _ in range(SLOW)]
    maps = [Plodder(port, f"/ws/v1/live?site={stage.site}", token) for _ in range(SLOW)]
    with plodding([*alerts, *maps]):
        said_s = _say_much(stage)
        closed = stage.until(lambda: not any(plodder.open for plodder in alerts), CLOSED_S_MAX)
        stage.must("a client that reads nothing was not let go", hold=closed)
        stage.until(lambda: all(said_s.keys() <= client.told_s.keys() for client in clients.all), CAUGHT_UP_S_MAX)
    waits = sorted(client.told_s[seq] - at_s for client in clients.all for seq, at_s in said_s.items())
    p99_s = waits[int(0.99 * len(waits))]
    stage.must(f"others were told after {p99_s:.1f} s", hold=p99_s < TOLD_P99_S_MAX)
    stage.verdict.notes["told_p99_s"] = round(p99_s, 3)


def _say_much(stage: Stage) -> dict[int, float]:
    """Add long words to one alert, as the line does; when each was committed, by its number in the stream."""
    subject = f"slow {stage.rng.random()}"
    stage.world.alerts["missing", subject] += 1
    said_s = {}
    with psycopg.connect(stage.database_url, autocommit=True) as connection:
        for _ in range(WORDS):
            with connection.transaction():
                (site_id,) = connection.execute(_SITE_ID, {"site": stage.site}).fetchone() or (0,)
                connection.execute(QUERIES["lock_alert_seq"], {"site_id": site_id})
                connection.execute(QUERIES["raise_alert"], {**_word(subject), "site_id": site_id})
                (seq,) = connection.execute(QUERIES["lock_alert_seq"], {"site_id": site_id}).fetchone() or (0,)
            said_s[seq] = time.monotonic()
            time.sleep(1.0 / WORDS_PER_S)
    return said_s


def _word(subject: str) -> dict[str, Any]:
    """One more word on an alert, as the line's statement takes it."""
    nothing = dict.fromkeys(("zone", "epc", "reader"), "")
    said = {"rule": "missing", "subject": subject, "severity": "info", "title": WORD, "advice": "", "tag_id": None}
    return {**nothing, **said, "evidence": Jsonb({}), "at": datetime.now(UTC)}


def _with_clients(stage: Stage, number: int, break_things: Break) -> None:
    """Break things while many tags go missing and come back, and count what any client was not told of it."""
    with serving(stage) as (api, link, token):
        url = f"ws://{LOOPBACK}:{link.port}/ws/v1/alerts?site={stage.site}"
        more = [asyncio.run(_token(stage.database_url)) for _ in range(1, number // PER_TOKEN)]
        with listening(number, url, token, *more) as clients:
            stage.must("clients were not let in", hold=stage.until(clients.all_in, BACK_S_MAX))
            taken = stage.world.take_many_away()
            break_things(stage, api, link, clients)
            stage.until(lambda: stage.world.alerts <= stage.judge.alerts(), TOLD_S_MAX)
            stage.world.bring_back(taken)
            break_things(stage, api, link, clients)
            stage.until(lambda: _resolved(stage) >= len(taken), TOLD_S_MAX)
            stage.until(lambda: clients.missed(alert_events(stage)) == 0, CAUGHT_UP_S_MAX)
            stage.verdict.ws_gaps = clients.missed(alert_events(stage))
            stage.must("too few events for the clients to miss", hold=len(alert_events(stage)) >= 2 * len(taken))
            stage.verdict.notes["events"] = len(alert_events(stage))
            stage.verdict.notes["connections"] = sum(client.connections for client in clients.all)


def _resolved(stage: Stage) -> int:
    return len(stage.judge.rows(_EVENTS + " AND change = 'resolved'"))


def alert_events(stage: Stage) -> set[int]:
    """Numbers of all events of the alert stream."""
    return {int(row[0]) for row in stage.judge.rows(_EVENTS)}


_SITE_ID: Final = "SELECT site_id FROM site WHERE id = %(site)s"
_EVENTS: Final = "SELECT seq FROM alert_event WHERE site_id = (SELECT site_id FROM site WHERE id = %(site)s)"


@contextmanager
def serving(stage: Stage) -> Iterator[tuple[Service, Proxy, str]]:
    """The web service, a link to it, and a token that may look."""
    port = free_port()
    told = {**stage.service.told, "TALLYPORT_API_PORT": str(port)}
    api = Service(("api",), told, stage.service.log.with_suffix(".api.log"))
    api.ready = partial(answers, f"http://{LOOPBACK}:{port}/readyz")
    with proxy_of(port, stage.seed) as link:
        try:
            api.start()
            yield api, link, asyncio.run(_token(stage.database_url))
        finally:
            api.kill()


async def _token(url: str) -> str:
    async with open_store(url, role="api") as store, store.connection() as conn:
        return (await create_token(conn, name="faults", role=Role.VIEWER))[1]
