"""
What the simulator says, Tallyport's own adapters understand to the last read; neither knows the other's code.
"""

from core.site_file import load_site
from firmware_sim.simulation import Config
from ingest.adapters import ADAPTERS
from ingest.adapters.decoded import Message
from tests.sim_runs import START_US, run

SILENT = ("cmd", "resp", "res")


def test_site_file_is_accepted_and_every_message_is_understood() -> None:
    """
    Each message on a topic of the plan is decoded by its reader's adapter: nothing bad in it, no read more or less.
    """
    told = run(Config(tags=600, rate=2_000.0), 250)
    site = load_site(told.warehouse.site_toml())
    readers = {reader.id: reader for reader in site.readers}
    wrong = []
    for message in told.messages:
        reader = readers[message.reader]
        assert message.topic in reader.topics or message.topic.startswith("tallyport/v1/demo/")
        if message.topic.endswith(SILENT):
            continue
        decoded = ADAPTERS[reader.format](
            Message(topic=message.topic, payload=message.payload, arrived_us=START_US, reader=reader)
        )
        if decoded.quarantined or decoded.reads.raw_us.size != message.reads:
            wrong.append((message.topic, message.payload[:200], decoded.quarantined))
    assert wrong == []
    assert len(told.messages) > 1_000
