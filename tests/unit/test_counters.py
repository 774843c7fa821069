"""What is counted is what Prometheus's client shows."""

from prometheus_client import CollectorRegistry, generate_latest

from core.counters import Counters


def test_counts_are_shown_under_their_names() -> None:
    """
    A counter adds up, a gauge stands where it was put, and both are shown as they are when asked.
    """
    registry = CollectorRegistry()
    counters = Counters(registry)
    counters.count("ingest.reads", 3)
    counters.count("ingest.reads")
    counters.set("mqtt.in_flight", 7)
    shown = generate_latest(registry).decode().splitlines()
    assert (counters["ingest.reads"], counters["mqtt.in_flight"]) == (4, 7)
    assert {"tallyport_ingest_reads_total 4.0", "tallyport_mqtt_in_flight 7.0"} <= set(shown)
