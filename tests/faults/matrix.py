"""The matrix: every fault that is tried, with the number it has in docs/reliability.md."""

from typing import Final

from tests.faults import of_broker, of_database, of_ingest, of_input, of_machine, of_network, of_web
from tests.faults.stage import Fault

BRISK: Final = {"TALLYPORT_MQTT_KEEPALIVE_S": "4"}
PATIENT: Final = {"TALLYPORT_SPOOL_AFTER_S": "60"}

MATRIX: Final = (
    Fault(id="F01", title="line killed at random points", means="SIGKILL", act=of_ingest.killed),
    Fault(id="F01s", title="line killed while a commit is stuck", means="SIGKILL", act=of_ingest.killed_while_stuck),
    Fault(id="F02", title="line killed between commit and ack", means="failpoint", act=of_ingest.killed_before_ack),
    Fault(
        id="F03",
        title="line killed between spool and ack, log torn",
        means="failpoint",
        act=of_ingest.killed_before_spool_ack,
    ),
    Fault(id="F04", title="line frozen for 4 s and 12 s", means="SIGSTOP", act=of_ingest.frozen, told=BRISK),
    Fault(id="F05", title="messages that nobody can read", means="simulator", act=of_input.rubbish),
    Fault(
        id="F06",
        title="little memory while the database is away",
        means="control group",
        act=of_machine.memory_short,
        told={"TALLYPORT_IN_FLIGHT_BYTES_MAX": str(8 << 20)},
    ),
    Fault(
        id="F07",
        title="engine stalled for 10 s, little room",
        means="failpoint",
        act=of_ingest.stalled,
        module=of_ingest.wrapped("stall"),
        told={"TALLYPORT_IN_FLIGHT_MAX": "50"},
    ),
    Fault(id="F08", title="two lines, the first frozen and replaced", means="SIGSTOP", act=of_ingest.two_of_them),
    Fault(id="F10", title="broker restarted", means="SIGTERM", act=of_broker.restarted),
    Fault(id="F11", title="broker killed", means="SIGKILL", act=of_broker.killed),
    Fault(id="F11m", cls="B", title="broker killed", means="SIGKILL", act=of_broker.killed, broker="mosquitto"),
    Fault(id="F12", title="broker and line killed", means="SIGKILL", act=of_broker.killed_with_the_line),
    Fault(
        id="F12m",
        cls="B",
        title="broker and line killed",
        means="SIGKILL",
        act=of_broker.killed_with_the_line,
        broker="mosquitto",
    ),
    Fault(
        id="F12s",
        title="both killed while messages wait on disk",
        means="SIGKILL",
        act=of_broker.killed_with_a_full_spool,
    ),
    Fault(
        id="F13",
        title="session wiped while a batch is in work",
        means="SIGKILL",
        act=of_broker.session_wiped,
        broker="mosquitto",
        told=PATIENT,
    ),
    Fault(
        id="F14",
        cls="B",
        title="broker overflows while the line is off",
        means="simulator",
        act=of_broker.overflowing,
        broker="small mosquitto",
        patient=True,
    ),
    Fault(
        id="F14f",
        cls="B",
        title="broker overflows while the line is frozen",
        means="SIGSTOP",
        act=of_broker.overflowing_while_frozen,
        broker="small mosquitto",
        patient=True,
        told={"TALLYPORT_MQTT_KEEPALIVE_S": "60"},
    ),
    Fault(
        id="F15", title="broker's link reset and swallowed", means="proxy", act=of_network.cut_and_swallowed, told=BRISK
    ),
    Fault(id="F16", title="256 kbit/s, 30 % of packets lost", means="nft, proxy", act=of_network.narrow),
    Fault(id="F17", title="broker's link slow and in crumbs", means="proxy", act=of_network.slow),
    Fault(id="F18", title="every message three times", means="simulator", act=of_input.repeated),
    Fault(id="F19", title="a week's backlog between live reads", means="simulator", act=of_input.backlog),
    Fault(id="F20", title="database killed and stopped at once", means="SIGKILL, SIGQUIT", act=of_database.killed),
    Fault(id="F21", title="database frozen for a minute", means="SIGSTOP", act=of_database.frozen_long),
    Fault(id="F21s", title="database frozen for 24 s", means="SIGSTOP", act=of_database.frozen),
    Fault(id="F22", title="cut before and after COMMIT", means="proxy", act=of_database.cut_at_commit),
    Fault(id="F22t", title="sessions ended ten times a second", means="SQL", act=of_database.cut_all_the_time),
    Fault(id="F23", title="no session free", means="SQL", act=of_database.no_room_for_more_sessions),
    Fault(
        id="F24",
        title="database's disk full",
        means="tmpfs",
        act=of_machine.database_disk_full,
        small_disk=True,
    ),
    Fault(id="F26", title="tables locked; deadlocks", means="SQL", act=of_database.locked),
    Fault(id="F29", title="wild timestamps", means="simulator", act=of_input.wild_times),
    Fault(id="F30", title="spool's disk full", means="tmpfs", act=of_machine.spool_full),
    Fault(id="F30e", title="spool's disk fails to sync", means="libfiu", act=of_machine.spool_failing),
    Fault(id="F33", title="line's clock jumps by hours", means="libfaketime", act=of_machine.clock_jumps),
    Fault(id="F33r", title="reader's clock off by five minutes", means="simulator", act=of_input.clock_drifts),
    Fault(id="F34", title="50,000 unknown tags from one reader", means="simulator", act=of_input.babble, patient=True),
    Fault(id="F36", title="messages made to take memory and time", means="simulator", act=of_input.bombs),
    Fault(id="F38", title="clients of the alert stream cut", means="proxy", act=of_web.clients_cut),
    Fault(id="F39", title="clients that read a byte a second", means="raw sockets", act=of_web.slow_clients),
    Fault(id="F40", title="web service stopped, killed", means="SIGTERM, SIGKILL", act=of_web.service_restarted),
    Fault(id="F45", title="a hall's reader silent", means="simulator", act=of_input.zone_silent),
    Fault(id="F47", title="checkpoints corrupt", means="SQL", act=of_ingest.checkpoints_corrupt),
    Fault(id="F49", title="no more files; a broker's name unknown", means="prlimit", act=of_machine.few_files),
    Fault(id="F50", title="one fault after the other, by chance", means="all of these", act=of_machine.soak),
)


def fault_of(fault_id: str) -> Fault:
    """The fault with this number."""
    return next(fault for fault in MATRIX if fault.id == fault_id)
