"""
What is wrong with this machine or with the servers that the settings name, and what to do about it.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

import numba

from core.clock import now_us
from core.engine.calibration import BadCalibration, Calibration
from core.errors import TallyportError
from core.mqtt import Session, open_broker
from core.settings import Settings
from core.store import open_store
from core.store.checkup import DatabaseFacts, look_at
from core.store.views_ledger import list_ledgers, summed
from tallyport.services import data_home
from tallyport.services.installation import OLDEST_MAJOR
from tallyport.services.nats import program
from tallyport.services.postgres import choose_installation
from tallyport.services.process import LOOPBACK, port_is_free

FREE_BYTES_MIN: Final = 2 << 30
CLOCK_OFF_US_MAX: Final = 2_000_000
LONG_AGO_US: Final = 1_735_689_600_000_000  # 2025-01-01: before this program was written
BROKER_WAIT_S: Final = 5.0
HTTP_WAIT_S: Final = 2.0
GIB: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    what_to_do: str = ""


def well(name: str, detail: str, what_to_do: str = "") -> Finding:
    """Nothing is wrong; what_to_do is then only a hint."""
    return Finding(name, True, detail, what_to_do)  # noqa: FBT003 - named by this function


def wrong(name: str, detail: str, what_to_do: str) -> Finding:
    """Something is wrong, and this is what to do."""
    return Finding(name, False, detail, what_to_do)  # noqa: FBT003 - named by this function


def judged(name: str, ok: object, detail: str, what_to_do: str) -> Finding:
    """Right or wrong; the advice goes with the wrong only."""
    return well(name, detail) if ok else wrong(name, detail, what_to_do)


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything that Tallyport stands on. Changes nothing."""
    local: tuple[Callable[[Settings], Finding], ...] = (check_python, check_compiler, check_disk, check_port)
    findings = [await asyncio.to_thread(look, settings) for look in local]
    if settings.database_url is None:
        findings.append(await asyncio.to_thread(check_own_database, settings))
        findings.append(check_clock(None))
    else:
        findings += await check_given_database(settings.database_url)
        if all(finding.ok for finding in findings if finding.name in ("database", "schema")):
            findings.append(await check_calibrations(settings.database_url))
            findings.append(await check_ledgers(settings.database_url))
    if settings.mqtt_url is None:
        findings.append(check_own_broker())
    else:
        findings.append(await check_given_broker(settings.mqtt_url, settings.mqtt_ca_file))
    return findings


def check_python(_: Settings) -> Finding:
    """Whether this Python is one that we support."""
    version = sys.version.split()[0]
    return judged("python", sys.version_info >= (3, 11), f"Python {version}", "install Python 3.11 or newer")


def check_compiler(_: Settings) -> Finding:
    """Whether numba compiles on this machine."""
    name = "numba"
    try:
        compiled = numba.njit(lambda value: value + 1)(41)
    except Exception as exc:  # noqa: BLE001 - whatever stops it is the finding
        advice = "reinstall the pinned packages: delete .venv and run make python"
        return wrong(name, f"numba {numba.__version__} can't compile: {exc}", advice)
    if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        return wrong(name, f"numba {numba.__version__} is switched off", "unset NUMBA_DISABLE_JIT")
    assert compiled == 41 + 1
    return well(name, f"numba {numba.__version__} compiles")


def check_disk(settings: Settings) -> Finding:
    """Whether there is room, and leave to write, where our servers keep their files."""
    folder = data_home(settings)
    standing = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(standing).free
    if not os.access(standing, os.W_OK):
        return wrong("disk", f"{standing} can't be written to", "set TALLYPORT_DATA_DIR to a folder of your own")
    advice = f"make room in {standing}, or set TALLYPORT_DATA_DIR to a larger disk"
    return judged("disk", free >= FREE_BYTES_MIN, f"{free / GIB:.0f} GiB free in {standing}", advice)


def check_port(settings: Settings) -> Finding:
    """Whether the web service can listen where it is told to, or is listening there already."""
    port = settings.api_port
    if port == 0 or port_is_free(port):
        return well("port", f"port {port} for the web service is free")
    if _is_ours(port):
        return well("port", f"a Tallyport is running on port {port}")
    advice = f"stop what listens on port {port}, or set TALLYPORT_API_PORT"
    return wrong("port", f"port {port} for the web service is in use by something else", advice)


def _is_ours(port: int) -> bool:
    """Whether what listens there answers as our web service does."""
    connection = HTTPConnection(LOOPBACK, port, timeout=HTTP_WAIT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def check_own_database(settings: Settings) -> Finding:
    """Which PostgreSQL we would start."""
    try:
        chosen = choose_installation(data_home(settings) / "postgres")
    except TallyportError as exc:
        return wrong("database", str(exc), "see docs/operations.md, Services")
    where = "from its Python wheel" if chosen.embedded else f"in {chosen.programs}"
    advice = "" if chosen.timescaledb else "for TimescaleDB run scripts/services, or set TALLYPORT_DATABASE_URL"
    return well("database", f"our own will be {chosen.title}, {where}", advice)


async def check_given_database(url: str) -> list[Finding]:
    """Whether the database that the settings name answers, is new enough, has our schema, and tells the same time."""
    try:
        facts = await look_at(url)
    except TallyportError as exc:
        advice = "start the database, or correct TALLYPORT_DATABASE_URL"
        return [wrong("database", str(exc), advice), check_clock(None)]
    new_enough = facts.major >= OLDEST_MAJOR
    advice = f"upgrade to PostgreSQL {OLDEST_MAJOR} or newer"
    server = judged("database", new_enough, f"PostgreSQL {facts.version}, edition {facts.edition}", advice)
    return [server, check_schema_state(facts), check_clock(facts)]


def check_schema_state(facts: DatabaseFacts) -> Finding:
    """Whether the database has the tables of this version."""
    problem = facts.schema_problem
    return judged("schema", not problem, problem or "up to date", "run tallyport up, or python -m tallyport.migrate")


async def check_calibrations(url: str) -> Finding:
    """Which calibration each site goes by, and whether it fits the plan."""
    said, unfit = [], []
    async with open_store(url, role="api") as store:
        for site_id in await store.sites():
            published = await store.calibration(site_id)
            if published is None or published.body is None:
                said.append(f"{site_id} goes by its plan alone")
                continue
            said.append(f"{site_id} goes by number {published.version} of {published.published_by}")
            try:
                Calibration.from_json(published.body).laid_on(await store.site(site_id))
            except BadCalibration as exc:
                unfit.append(str(exc))
    detail = "; ".join(unfit or said) or "no site yet"
    return judged("calibration", not unfit, detail, "tallyport site calibrate FILE, or tallyport site uncalibrate")


async def check_ledgers(url: str) -> Finding:
    """Whether every read that ever arrived is accounted for; what is known to be lost is no finding."""
    async with open_store(url, role="api") as store, store.connection() as conn:
        ledgers = await list_ledgers(conn)
    open_ = [f"{row['site']}/{row['reader']} by {row['difference']} reads" for row in ledgers if not row["closes"]]
    total = summed(ledgers)
    closes = f"every one of {total['published']} reads is accounted for, {total['lost']} of them as lost"
    detail = f"the loss ledger does not close: {', '.join(open_)}" if open_ else closes
    advice = "keep the line's log and the output of `tallyport ledger --json`, and report it: it is an error of ours"
    return judged("ledger", not open_, detail, advice)


def check_clock(facts: DatabaseFacts | None) -> Finding:
    """Whether this machine's clock can be right, and agrees with the database's."""
    here_us = now_us()
    if here_us < LONG_AGO_US:
        return wrong("clock", "this machine's clock is years behind", "set the clock; use NTP")
    if facts is None:
        return well("clock", "plausible; there is no other clock to compare with")
    off_us = here_us - facts.now_us
    ok = abs(off_us) <= CLOCK_OFF_US_MAX
    detail = f"{off_us / 1_000_000:+.1f} s against the database's"
    return judged("clock", ok, detail, "let NTP set the clocks of both machines")


def check_own_broker() -> Finding:
    """Whether we could start a broker."""
    try:
        return well("broker", f"our own will be {program()}")
    except TallyportError as exc:
        return wrong("broker", str(exc), "install the pinned packages again")


async def check_given_broker(url: str, ca_file: Path | None) -> Finding:
    """Whether the broker that the settings name takes a connection."""
    session = Session(client_id=f"tallyport-doctor-{os.getpid()}", clean=True, wait_s=BROKER_WAIT_S, ca_file=ca_file)
    try:
        async with open_broker(url, session) as broker:
            return well("broker", f"takes connections {broker.version}".strip())
    except (TallyportError, OSError, TimeoutError) as exc:
        said = str(exc) or f"no answer within {BROKER_WAIT_S:.0f} s"
        return wrong("broker", said, "start the broker, or correct TALLYPORT_MQTT_URL")
