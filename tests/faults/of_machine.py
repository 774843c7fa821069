"""Faults of the machine under the line: disks that fill up, memory, files, clocks. They need root."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from tests.faults.of_broker import restarted as broker_restarted
from tests.faults.of_database import cut_at_commit
from tests.faults.processes import Service, processor_s
from tests.faults.stage import Stage, bring_back
from tests.faults.tmpfs import fill, mounted

SPOOL_MB: Final = 3
PADDING: Final = 16_000
"""Bytes of white space in each message, so that a small disk is soon full."""
FULL_S_MAX: Final = 40.0
FIU: Final = Path("/usr/lib/fiu")
SYNCS: Final = ("posix/io/sync/fsync", "posix/io/sync/fdatasync")
EIO: Final = 5
MEMORY_MB: Final = 100
"""How much more the line may take than it has when the fault begins."""
FAKETIME: Final = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
JUMPS: Final = ("+3600", "-3600", "+0")
HALF_AN_HOUR_S: Final = 1800.0
FEW_FILES: Final = 12
IDLE_SHARE_MAX: Final = 0.3
"""Of a processor, that a service may take which only waits."""
ROUNDS: Final = 6


def spool_full(stage: Stage) -> None:
    """The database is away, and the disk on which messages wait is soon full."""
    stage.service.kill()
    folder = stage.folder / "spool"
    with mounted(folder, SPOOL_MB):
        stage.service.start()
        _pad(stage, PADDING)
        stage.database_link.hold()
        full = stage.until(lambda: stage.watch.metrics().get("tallyport_ingest_spool_full") == 1.0, FULL_S_MAX)
        stage.must("the disk was never full", hold=full)
        stage.pause(3.0, 4.0)
        _pad(stage, 0)
        stage.database_link.release()
        stage.until(lambda: stage.watch.metrics().get("tallyport_ingest_spool_messages") == 0.0, FULL_S_MAX)
        stage.service.kill()
    stage.service.start()


def spool_failing(stage: Stage) -> None:
    """The database is away, and the disk on which messages wait fails each sync for some seconds."""
    stage.service.kill()
    control, before = stage.folder / "fiu", stage.service.before
    libraries = f"{FIU / 'fiu_run_preload.so'}:{FIU / 'fiu_posix_preload.so'}"
    stage.service.before = (_env(), f"LD_PRELOAD={libraries}", f"FIU_CTRL_FIFO={control}")
    stage.service.start()
    stage.database_link.hold()
    waiting = stage.until(lambda: _spooled(stage) > 0.0, FULL_S_MAX)
    stage.must("nothing was put on disk", hold=waiting)
    _fiu(control, stage.service, *(f"enable name={name},failinfo={EIO}" for name in SYNCS))
    failing = stage.until(lambda: stage.watch.metrics().get("tallyport_ingest_spool_full") == 1.0, FULL_S_MAX)
    stage.must("no sync failed", hold=failing)
    spooled = _spooled(stage)
    stage.pause(3.0, 4.0)
    stage.must("messages were put on a disk that fails", hold=_spooled(stage) == spooled)
    stage.service.kill()  # what was not synced may be gone: the broker has to have it still
    stage.service.launch()
    stage.must("it does not stand in", hold=stage.until(lambda: _spooled(stage) > spooled, FULL_S_MAX))
    stage.database_link.release()
    stage.service.wait_ready()
    stage.until(lambda: _spooled(stage) == 0.0, FULL_S_MAX)
    stage.service.before = before


def _spooled(stage: Stage) -> float:
    return stage.watch.metrics().get("tallyport_ingest_spool_messages", 0.0)


def _env() -> str:
    env = shutil.which("env")
    assert env is not None
    return env


def _fiu(control: Path, service: Service, *orders: str) -> None:
    """Give orders to libfiu in a running service."""
    for order in orders:
        command = ["fiu-ctrl", "-f", str(control), "-c", order, str(service.pid)]
        subprocess.run(command, check=True, timeout=10)  # noqa: S603 - ours


def database_disk_full(stage: Stage) -> None:
    """Nothing more fits on the database's disk, not even its log; then there is room again."""
    balloon = stage.database.folder.parent / "balloon"
    fill(balloon)
    stage.must("it was not noticed", hold=stage.until(lambda: stage.watch.trouble_s is not None, FULL_S_MAX))
    stage.pause(5.0, 6.0)
    balloon.unlink()
    if not stage.database.child.running:
        bring_back(stage.database)


def memory_short(stage: Stage) -> None:
    """The database is away, much comes, and the line may take little more memory than it has."""
    _pad(stage, PADDING)
    limit_mb = int(stage.watch.rss_max_mb) + MEMORY_MB
    with _memory_limit(stage.service.pid, limit_mb, stage.site):
        stage.database_link.hold()
        stage.pause(12.0, 13.0)
        stage.database_link.release()
        stage.pause(2.0, 3.0)
        stage.must("the line was killed for memory", hold=stage.service.running)
        stage.verdict.notes["limit_mb"] = limit_mb
    _pad(stage, 0)


def clock_jumps(stage: Stage) -> None:
    """The line's clock jumps an hour ahead, two back, and comes right; its timers are not touched."""
    file = stage.folder / "faketime"
    file.write_text("+0\n")
    fake = {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1"}
    fake |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    stage.service.kill()
    stage.service.before = (_env(), *(f"{name}={value}" for name, value in fake.items()))
    stage.service.start()
    for jump in JUMPS:
        stage.pause(2.0, 3.0)
        file.write_text(f"{jump}\n")
        stage.broker_link.cut()  # it is written in the log, with the time that the line believes it is
        if jump != JUMPS[-1]:
            stage.must("the clock did not jump", hold=stage.until(lambda: _log_off_s(stage) > HALF_AN_HOUR_S, 10.0))
    stage.pause(1.0, 2.0)


def _log_off_s(stage: Stage) -> float:
    """How far the time of the log's last line is from ours."""
    said = re.findall(r"^(\d+-\d+-\d+ \d+:\d+:\d+),\d+ WARNING", stage.service.said(), re.MULTILINE)
    return abs(datetime.now().astimezone().timestamp() - _seconds_of(said[-1])) if said else 0.0


def _seconds_of(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").astimezone().timestamp()


def few_files(stage: Stage) -> None:
    """No more files can be opened while links break; and a broker whose name nobody knows is asked for patiently."""
    stranger = Service(("ingest",), stage.service.told, stage.service.log.with_suffix(".stranger.log"))
    stranger.told |= {"TALLYPORT_MQTT_URL": "mqtt://no-such-host.invalid:1883", "TALLYPORT_INGEST_METRICS_PORT": "0"}
    stage.watch.blind = True  # the standard library's server of metrics spins while it can't accept
    _limit_files(stage, FEW_FILES)
    stage.broker_link.cut()
    stage.database_link.cut()
    share = _share(stage.service, 5.0)
    stage.watch.blind = False
    stage.must(f"it took {share:.0%} of a processor while it waited", hold=share < IDLE_SHARE_MAX)
    _limit_files(stage, 4096)
    stage.service.kill()  # so that the other one gets the site
    stranger.launch()
    try:
        said = stage.until(lambda: "cannot reach the broker" in stranger.said(), 60.0)
        stage.must("it did not say that it can't reach the broker", hold=said)
        share = _share(stranger, 4.0)
        stage.must(f"asking for a name took {share:.0%} of a processor", hold=share < IDLE_SHARE_MAX)
    finally:
        stranger.kill()
    stage.service.start()


def soak(stage: Stage) -> None:
    """One fault after the other, drawn by the seed."""
    faults: list[Callable[[Stage], None]] = [
        _killed,
        _frozen,
        _database_away,
        broker_restarted,
        cut_at_commit,
        lambda stage: stage.broker_link.cut(),
        lambda stage: stage.database_link.cut(),
    ]
    for fault in stage.rng.choices(faults, k=ROUNDS):
        fault(stage)
        stage.pause(1.0, 3.0)


def _killed(stage: Stage) -> None:
    stage.service.kill()
    stage.service.start()


def _frozen(stage: Stage) -> None:
    stage.service.freeze()
    stage.pause(1.0, 6.0)
    stage.service.thaw()


def _database_away(stage: Stage) -> None:
    stage.database_link.hold()
    stage.pause(1.0, 6.0)
    stage.database_link.release()


def _pad(stage: Stage, size: int) -> None:
    for reader in stage.feed.readers.values():
        reader.padding = size


def _limit_files(stage: Stage, files: int) -> None:
    command = ["prlimit", f"--nofile={files}:", "--pid", str(stage.service.pid)]
    subprocess.run(command, check=True)  # noqa: S603 - ours


def _share(service: Service, seconds: float) -> float:
    """Which part of a processor a service takes over some seconds."""
    before = processor_s(service.pid)
    time.sleep(seconds)
    return (processor_s(service.pid) - before) / seconds


@contextmanager
def _memory_limit(pid: int, limit_mb: int, name: str) -> Iterator[None]:
    """Hold a process to a memory limit, with the kernel's control groups of either version."""
    old, new = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
    root, limit = (old, "memory.limit_in_bytes") if old.is_dir() else (new, "memory.max")
    group = root / f"tallyport-{name}"
    group.mkdir()
    try:
        (group / limit).write_text(str(limit_mb << 20))
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        with suppress(OSError):
            (root / "cgroup.procs").write_text(str(pid))
        _gone(group)


def _gone(group: Path) -> None:
    for _ in range(50):
        with suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.1)
