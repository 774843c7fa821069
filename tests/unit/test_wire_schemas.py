"""The adapters against the vendors' own schemas: nothing that a schema allows is a dead letter."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.site import Reader, ReaderFormat
from ingest.adapters import ADAPTERS, Decoded, Message
from tests.golden import ARRIVED_US
from tests.unit.schema_instances import TIMES, instances, resolve

SHARED = Path(os.environ.get("TALLYPORT_SHARED", Path(__file__).parents[3] / "shared"))
MANAGEMENT = ("heartbeat", "firmwareUpdateProgress", "gpi", "gpo", "error", "warning", "userapp")
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=25)


def document(name: str) -> dict[str, Any]:
    """Read one of the vendors' documents."""
    found: dict[str, Any] = json.loads((SHARED / "vendor" / name).read_text())
    return found


ZEBRA_TAGS = document("zebra_tag_data_events.openapi.json")
ZEBRA_MANAGEMENT = document("zebra_management_events.openapi.json")
IMPINJ = document("impinj_iot_device_api_1_5_0.swagger.json")


def decoded(form: ReaderFormat, body: object) -> Decoded:
    """What the adapter makes of a body; a bad message fails the test."""
    message = Message(
        topic="t",
        payload=json.dumps(body).encode(),
        arrived_us=ARRIVED_US,
        reader=Reader(id="r", name="r", format=form),
    )
    return ADAPTERS[form](message)


@UNHURRIED
@given(st.data())
def test_zebra_tag_event_of_schema(data: st.DataObject) -> None:
    """
    Any tag data event by Zebra's schema is a read, a verdict on direction, or one quarantined read,
    alone or in a batch.
    """
    schema = resolve("#/components/schemas/tagDataEvents", ZEBRA_TAGS)
    events = data.draw(st.lists(instances(schema, ZEBRA_TAGS), min_size=1, max_size=3))
    alone, together = decoded(ReaderFormat.ZEBRA, events[0]), decoded(ReaderFormat.ZEBRA, events)
    assert len(alone.reads) + len(alone.events) + len(alone.quarantined) == 1
    assert len(together.reads) + len(together.events) + len(together.quarantined) == len(events)


@pytest.mark.parametrize("kind", MANAGEMENT)
def test_zebra_management_event_of_schema(kind: str) -> None:
    """
    Any management event by Zebra's schema says something, or is one of those that hold nothing for us.
    """

    @UNHURRIED
    @given(instances(resolve(f"#/components/schemas/{kind}", ZEBRA_MANAGEMENT), ZEBRA_MANAGEMENT), TIMES)
    def check(data: object, at: str) -> None:
        found = decoded(
            ReaderFormat.ZEBRA, {"type": kind, "timestamp": at, "component": "RG", "eventNum": 1, "data": data}
        )
        assert found.events or found.ignored

    check()


@pytest.mark.parametrize("example", resolve("#/components/schemas/async-events", ZEBRA_MANAGEMENT)["examples"])
def test_zebra_management_example(example: dict[str, Any]) -> None:
    """
    Zebra's own examples are understood.
    """
    found = decoded(ReaderFormat.ZEBRA, example)
    assert found.events or found.ignored


EVENT_KEYS = [name for name in IMPINJ["definitions"]["ReaderEvent"]["properties"] if name.endswith("Event")]


@pytest.mark.parametrize("key", [*EVENT_KEYS, "gpiTransitionEvent"])
def test_impinj_event_of_schema(key: str) -> None:
    """
    Any reader event by Impinj's schema is a read, an event, a quarantined read, or one that holds nothing for us.
    """
    definition = {"gpiTransitionEvent": "GpiTransitionEvent"}.get(key)
    schema = (
        resolve(f"#/definitions/{definition}", IMPINJ)
        if definition
        else IMPINJ["definitions"]["ReaderEvent"]["properties"][key]
    )

    @UNHURRIED
    @given(instances(schema, IMPINJ), TIMES)
    def check(inner: object, at: str) -> None:
        body = {"timestamp": at, key: inner}
        for found in (decoded(ReaderFormat.IMPINJ, body), decoded(ReaderFormat.IMPINJ, [body])):
            said = len(found.reads) + len(found.events) + len(found.quarantined)
            assert said == 1 or found.ignored

    check()
