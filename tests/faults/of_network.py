"""Faults of the network between the line and its servers."""

from tests.faults.packets import lost_packets
from tests.faults.stage import Stage


def cut_and_swallowed(stage: Stage) -> None:
    """The broker's connection reset, closed, and swallowed by a black hole for longer than it is believed."""
    for reset in (True, False):
        stage.broker_link.cut(reset=reset)
        stage.pause(1.0, 2.0)
    stage.broker_link.hold()
    stage.pause(9.0, 10.0)
    stage.must("the black hole was not noticed", hold=stage.watch.trouble_s is not None)
    stage.broker_link.release()


def slow(stage: Stage) -> None:
    """Half a second each way, give or take 400 ms, and pieces of three bytes."""
    link = stage.broker_link
    link.delay_s, link.slice = (0.5, 0.4), 3
    stage.pause(10.0, 11.0)
    link.delay_s, link.slice = (0.0, 0.0), 0


def narrow(stage: Stage) -> None:
    """256 kbit/s each way between the line and both servers, and three of ten packets of the broker's lost."""
    for link in (stage.broker_link, stage.database_link):
        link.rate = 32_000
    with lost_packets(stage.broker_link.port, 30):
        stage.pause(10.0, 11.0)
    for link in (stage.broker_link, stage.database_link):
        link.rate = 0
