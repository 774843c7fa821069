"""
The fixtures that hand out real servers and fresh databases, and how hard hypothesis tries.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tallyport.services.mosquitto import MosquittoServer
from tallyport.services.nats import NatsServer
from tallyport.services.postgres import PostgresServer
from tests.servers import (
    BROKERS,
    EDITIONS,
    BrokerKind,
    EditionName,
    Servers,
    new_broker,
    new_postgres,
    remove,
    running,
    temporary_folder,
    versions,
)

SHARING = ("tests/browser/", "tests/e2e/")
"""Folders in which the tests of a file share a demo or a browser."""
SLOW_MACHINES_ARE_NO_FINDING = (HealthCheck.too_slow,)
settings.register_profile(
    "ci",
    max_examples=500,
    derandomize=True,
    print_blob=True,
    deadline=None,
    suppress_health_check=SLOW_MACHINES_ARE_NO_FINDING,
)
settings.register_profile(
    "dev", max_examples=50, print_blob=True, deadline=None, suppress_health_check=SLOW_MACHINES_ARE_NO_FINDING
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") == "true" else "dev"))


def pytest_report_header() -> list[str]:
    """Say which servers these results are about."""
    return versions()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Say how tests are given out to several workers (`make test`)."""
    return Spread(config, log)


class Spread(LoadScopeScheduling):  # type: ignore[misc] # it ships no types
    """A test at a time, in order; what shares something costly stays together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.startswith(SHARING) else nodeid


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Say at once what failed, where nobody watches: a run that is cut short prints no summary."""
    if report.failed and os.environ.get("CI") == "true" and not os.environ.get("PYTEST_XDIST_WORKER"):
        said = f"{report.nodeid} failed at {report.when}:\n{report.longreprtext}\n{report.caplog}"
        sys.stdout.write(f"\n{said}\n")
        sys.stdout.flush()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let several workers begin with what takes longest, so that at the end none waits for another."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: "slow" not in item.keywords)


@pytest.fixture(scope="session", autouse=True)
def data_dir() -> Iterator[Path]:
    """Keep what the services put on disk out of the home of whoever runs the tests."""
    folder = temporary_folder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TALLYPORT_DATA_DIR", str(folder))
        yield folder
    remove(folder)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The servers of this run, or of this worker of it; each starts when first asked for."""
    folder = temporary_folder()
    servers = Servers(folder)
    try:
        yield servers
    finally:
        servers.close()
        remove(folder)


@pytest.fixture(params=EDITIONS)
def edition(request: pytest.FixtureRequest) -> EditionName:
    """
    Each edition of the database in turn. A test for one of them says
    `@pytest.mark.parametrize("edition", ["apache"], indirect=True)`.
    """
    chosen: EditionName = request.param
    return chosen


@pytest.fixture
def database_url(servers: Servers, edition: EditionName) -> Iterator[str]:
    """A fresh database of the edition with all migrations applied."""
    with servers.database(edition, migrated=True) as url:
        yield url


@pytest.fixture
def empty_database_url(servers: Servers, edition: EditionName) -> Iterator[str]:
    """A fresh database of the edition with nothing in it."""
    with servers.database(edition, migrated=False) as url:
        yield url


@pytest.fixture(params=BROKERS)
def broker_kind(request: pytest.FixtureRequest) -> BrokerKind:
    """Each broker in turn; choose one as with `edition`."""
    chosen: BrokerKind = request.param
    return chosen


@pytest.fixture
def mqtt_url(servers: Servers, broker_kind: BrokerKind) -> str:
    """The shared broker of the kind. Use topics and client ids of your own."""
    return servers.broker(broker_kind).url


@pytest.fixture
def own_postgres(edition: EditionName) -> Iterator[PostgresServer]:
    """
    A running, durable server of the edition for this test alone, to be killed (`child.kill()`) and brought back
    (`prepare()`, `start()`, `wait_ready()`). Its database has no migrations.
    """
    folder = temporary_folder()
    with running(new_postgres(folder / "own", edition)) as server:
        yield server
    remove(folder)


@pytest.fixture
def own_broker(broker_kind: BrokerKind) -> Iterator[NatsServer | MosquittoServer]:
    """A running broker of the kind for this test alone, to be killed and brought back as `own_postgres`."""
    folder = temporary_folder()
    with running(new_broker(folder / "own", broker_kind)) as server:
        yield server
    remove(folder)
