"""
The hard scenarios over real brokers: what is published arrives, and a clock that is wrong is wrong on the wire.
"""

import threading
import time
from uuid import uuid4

import msgspec
import pytest

from firmware_sim.run import Config, Simulation
from tests.integration.test_sim_publish import listening, wait_for_reads


@pytest.mark.parametrize("scenario", ["hall", "beside-door", "twin-doors"])
def test_hard_scenario_is_published_whole(mqtt_url: str, scenario: str) -> None:
    """
    Each read in a confirmed message reaches a subscriber, in a small hall as in a warehouse with other doors.
    """
    site_id = f"sim-{uuid4().hex[:8]}"
    simulation = Simulation(Config(tags=200, rate=400.0, site_id=site_id, scenario=scenario))
    with listening(mqtt_url, site_id) as ears:
        simulation.run(mqtt_url, threading.Event(), for_s=2.0)
        summary = simulation.summary()
        wait_for_reads(ears, summary["reads_total"])
    assert summary["reads_total"] == ears.reads() > 100
    assert summary["not_sent"] == 0


def test_fast_clock_is_ahead_on_the_wire(mqtt_url: str) -> None:
    """
    The receiving reader's reads bear times five minutes from now, its neighbour's bear the right ones.
    """
    site_id = f"sim-{uuid4().hex[:8]}"
    simulation = Simulation(Config(tags=300, rate=600.0, site_id=site_id, scenario="fast-clock"))
    with listening(mqtt_url, site_id) as ears:
        simulation.run(mqtt_url, threading.Event(), for_s=2.0)
        wait_for_reads(ears, simulation.summary()["reads_total"])
    ahead_s = {
        topic.split("/")[3]: msgspec.json.decode(payload)["columns"]["seen_us"][0] / 1e6 - time.time()
        for topic, payload in ears.heard
        if topic.endswith(("/recv-1/reads", "/pick-1/reads"))
    }
    assert ahead_s["recv-1"] == pytest.approx(300.0, abs=20.0)
    assert ahead_s["pick-1"] == pytest.approx(0.0, abs=20.0)
