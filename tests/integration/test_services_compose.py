"""
docker-compose.yml says what it should, and what it starts works: here without docker, from the same file.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from signal import SIGTERM
from typing import Any, Final

import pytest
import yaml

from tallyport.services.nats import program as nats_program
from tallyport.services.postgres import PostgresServer
from tallyport.services.process import Child, Launch, free_port, port_answers
from tests.servers import remove, temporary_folder

ROOT: Final = Path(__file__).parent.parent.parent
PASSWORD: Final = "made-up"
WAIT_S: Final = 90.0

Service = dict[str, Any]


def compose_config(**environment: str) -> "subprocess.CompletedProcess[str]":
    """What docker-compose makes of the file with this environment."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TALLYPORT_")}
    command = ["docker-compose", "-f", str(ROOT / "docker-compose.yml"), "config"]
    return subprocess.run(command, env={**plain, **environment}, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture(scope="module")
def compose() -> dict[str, Service]:
    """The services as docker-compose itself understands the file."""
    said = compose_config(TALLYPORT_PASSWORD=PASSWORD)
    assert said.returncode == 0, said.stderr
    services: dict[str, Service] = yaml.safe_load(said.stdout)["services"]
    return services


def entry_point() -> list[str]:
    """What the image starts, as the Dockerfile says."""
    found = re.search(r"^ENTRYPOINT (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert found is not None
    words: list[str] = json.loads(found[1])
    return words


def here(service: Service, moved: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """A service's command and environment, with the addresses inside docker replaced by those of this machine."""

    def move(text: str) -> str:
        for old, new in moved.items():
            text = text.replace(old, new)
        return text

    words = [*service.get("entrypoint", entry_point()), *service.get("command", [])]
    program = {"python": sys.executable, "tallyport": str(Path(sys.executable).parent / "tallyport")}[words[0]]
    given = {name: move(str(value)) for name, value in service["environment"].items()}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TALLYPORT_")}
    return [program, *words[1:]], {**plain, **given}


def healthy(service: Service, moved: Mapping[str, str]) -> bool:
    """Whether the service's own health check is content."""
    kind, program, *words = service["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    for old, new in moved.items():
        words = [word.replace(old, new) for word in words]
    return subprocess.run([sys.executable, *words], capture_output=True, check=False).returncode == 0  # noqa: S603


@contextmanager
def nats_of_compose(folder: Path, port: int) -> Iterator[None]:
    """nats-server with the configuration that the container gets, on a port and in a folder of ours."""
    said = (ROOT / "docker" / "nats.conf").read_text()
    said = said.replace("port: 1883", f"port: {port}").replace("/data", str(folder / "store"))
    said = said.replace("http: 8222", f"http: 127.0.0.1:{free_port()}")
    (folder / "nats.conf").write_text(said)
    child = Child(
        Launch(
            name="nats-server",
            command=[str(nats_program()), "-c", str(folder / "nats.conf"), "-a", "127.0.0.1", "-p", str(free_port())],
            port=port,
            log=folder / "nats.log",
            stop_signal=SIGTERM,
            environment={"MQTT_PASSWORD": PASSWORD},
        )
    )
    child.start()
    try:
        child.wait_ready(lambda: port_answers(port))
        yield
    finally:
        child.stop()


@contextmanager
def started(command: list[str], environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of ours for as long as the block, ended as docker would end it."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, cwd=ROOT)  # noqa: S603
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(30) is not None


def test_compose_publishes_on_loopback_only(compose: dict[str, Service]) -> None:
    """
    Unless somebody asks for more, nothing listens beyond this machine, and the database not even there.
    """
    published = {name: service.get("ports", []) for name, service in compose.items()}
    assert {name for name, ports in published.items() if ports} == {"nats", "api"}
    for ports in published.values():
        assert all(str(port).startswith("127.0.0.1:") or port.get("host_ip") == "127.0.0.1" for port in ports)


def test_compose_needs_a_password() -> None:
    """
    Without a password of one's own nothing starts: there is no default to forget.
    """
    said = compose_config()
    assert said.returncode != 0
    assert "password of your own" in said.stderr


def test_compose_services_wait_for_what_they_need(compose: dict[str, Service]) -> None:
    """
    The schema is brought up once the database answers; the line and the web service come after it and the broker.
    """
    assert compose["migrate"]["depends_on"]["timescaledb"]["condition"] == "service_healthy"
    for name in ("ingest", "api"):
        needs = compose[name]["depends_on"]
        assert needs["migrate"]["condition"] == "service_completed_successfully"
        assert needs["nats"]["condition"] == "service_healthy"
        assert compose[name]["healthcheck"]["test"][0] == "CMD"


def test_compose_keeps_what_waits_on_disk(compose: dict[str, Service]) -> None:
    """
    What is acknowledged to the broker and not stored yet outlives the line's container.
    """
    (folder,) = re.findall(r"TALLYPORT_DATA_DIR=(\S+)", (ROOT / "Dockerfile").read_text())
    (kept,) = compose["ingest"]["volumes"]
    said = str(kept)  # a text, or a table, by the version of docker-compose
    assert ("spool" in said, folder in said) == (True, True)


@pytest.mark.parametrize("edition", ["apache"], indirect=True)
def test_compose_entry_points_run_without_docker(compose: dict[str, Service], own_postgres: PostgresServer) -> None:
    """
    With the commands, the environment, the broker's configuration and the health checks of the file, all comes up.
    """
    folder = temporary_folder()
    mqtt_port, api_port, metrics_port = free_port(), free_port(), free_port()
    moved = {
        "@timescaledb:5432": f"@127.0.0.1:{own_postgres.port}",
        "@nats:1883": f"@127.0.0.1:{mqtt_port}",
        "0.0.0.0": "127.0.0.1",  # noqa: S104 - what is replaced
        ":8000": f":{api_port}",
        "9464": str(metrics_port),
    }
    command, environment = here(compose["migrate"], moved)
    for said in ("applied 0001", "up to date"):
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
        assert said in done.stdout
    with ExitStack() as stack:
        stack.enter_context(nats_of_compose(folder, mqtt_port))
        running = {}
        for name in ("ingest", "api"):
            command, environment = here(compose[name], moved)
            environment |= {"TALLYPORT_API_PORT": str(api_port)}
            running[name] = stack.enter_context(started(command, environment, folder / f"{name}.log"))
        deadline = time.monotonic() + WAIT_S
        while not all(healthy(compose[name], moved) for name in running):
            assert {name: process.poll() for name, process in running.items()} == {"ingest": None, "api": None}
            assert time.monotonic() < deadline, [(folder / f"{name}.log").read_text() for name in running]
            time.sleep(0.5)
    remove(folder)
