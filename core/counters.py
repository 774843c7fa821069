"""Every number that the service counts about itself: one table of names, shown by Prometheus's own client."""

from collections.abc import Iterator
from typing import Final, Literal, get_args

from prometheus_client import REGISTRY
from prometheus_client.core import CollectorRegistry, CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CounterName = Literal[
    # Messages taken from the broker.
    "mqtt.messages",
    # Messages larger than the limit: dead letters, unread.
    "mqtt.oversize",
    # Messages whose topic is not what MQTT allows.
    "mqtt.bad_topics",
    # Connections to the broker made, the first one included.
    "mqtt.connects",
    # Connections lost without our asking.
    "mqtt.disconnects",
    # Times that the broker had forgotten our session: what it held for us is gone.
    "mqtt.sessions_lost",
    # Acks dropped because the connection that their message came by is gone.
    "mqtt.stale_acks",
    # Times that reading stopped because too much was under way.
    "mqtt.pauses",
    # Exceptions caught in a callback; the message stays unacknowledged and comes again.
    "mqtt.callback_errors",
    # Messages that we published and the broker took.
    "mqtt.published",
    # Reads taken from readers' messages, before any is dropped.
    "ingest.reads",
    # Messages that the broker sent again although we had them: acknowledged, not taken twice.
    "ingest.redelivered",
    # Reads of messages that came before, byte for byte, and that nobody said was sent again: not taken twice.
    "ingest.resent",
    # Messages put on disk because the database was away.
    "ingest.spooled",
    # Messages whose bytes on disk were not those that had been written; each is a dead letter.
    "ingest.spool_damaged",
    # Files of waiting messages that could not be read and were put aside.
    "ingest.spools_broken",
    # Reads kept in the database.
    "ingest.stored",
    # Reads dropped because the same antenna saw the tag a moment ago.
    "ingest.repeats",
    # Reads too late to move a live position.
    "ingest.late",
    # Reads refused one by one: impossible time, bad EPC.
    "ingest.quarantined",
    # Messages that did not parse; kept for a person to look at.
    "ingest.dead_letters",
    # Dead letters counted and not kept, because a batch keeps only so many.
    "ingest.dead_letters_dropped",
    # Messages from readers that nobody has approved.
    "ingest.pending_messages",
    # Sequence numbers that readers skipped: messages or events that never reached us.
    "ingest.gaps",
    # Reads that readers say they threw away.
    "ingest.purged",
    # Reads of an antenna that the plan does not have; taken as the reader's antenna 0.
    "ingest.unknown_antennas",
    # Steps committed.
    "ingest.steps",
    # Engine checkpoints kept.
    "ingest.checkpoints",
    # Times that a site's line was rebuilt after something broke.
    "ingest.line_restarts",
    # Live frames that could not be published; pages take a snapshot instead.
    "ingest.live_dropped",
]

GaugeName = Literal[
    # Messages taken and not yet acknowledged.
    "mqtt.in_flight",
    # Their payloads' bytes.
    "mqtt.in_flight_bytes",
    # 1 while connected and subscribed.
    "mqtt.connected",
    # Seconds from a batch's oldest message to its commit, the last one.
    "ingest.commit_lag_s",
    # Unix time of the last commit: liveness of the line.
    "ingest.last_commit_time_s",
    # 1 while the line still takes in what the broker held for it.
    "ingest.catching_up",
    # Messages that wait on disk.
    "ingest.spool_messages",
    # 1 while no more can be put on disk, and the broker has to keep what comes.
    "ingest.spool_full",
    # Sites that another process writes, for which this one stands by.
    "ingest.standing_by",
]


class Counters(Collector):
    """A set of counters and gauges that a registry asks for when it is asked itself: counting is adding to a number."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._values: dict[str, float] = dict.fromkeys([*get_args(CounterName), *get_args(GaugeName)], 0.0)
        if registry is not None:
            registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """What Prometheus's client shows."""
        for name in get_args(CounterName):
            yield CounterMetricFamily(_metric(name), f"Tallyport counter {name}.", value=self._values[name])
        for name in get_args(GaugeName):
            yield GaugeMetricFamily(_metric(name), f"Tallyport gauge {name}.", value=self._values[name])

    def count(self, name: CounterName, n: float = 1) -> None:
        """Add n to a counter."""
        self._values[name] += n

    def set(self, name: GaugeName, value: float) -> None:
        """Set a gauge."""
        self._values[name] = value

    def __getitem__(self, name: CounterName | GaugeName) -> float:
        """Return the present value of a counter or gauge."""
        return self._values[name]

    def values(self) -> dict[str, float]:
        """All counters and gauges as they are now."""
        return dict(self._values)


def _metric(name: str) -> str:
    return "tallyport_" + name.replace(".", "_")


COUNTERS: Final = Counters(REGISTRY)
"""The process's own counters, in Prometheus's default registry."""

count = COUNTERS.count
set_gauge = COUNTERS.set
