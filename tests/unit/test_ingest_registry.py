"""The topic alone says who speaks."""

import pytest

from core.site import Reader, ReaderFormat, Site
from ingest.registry import Elsewhere, Known, Registry, Unknown, matches

SITE = Site(
    id="north",
    name="North",
    timezone="UTC",
    width_m=10,
    height_m=10,
    zones=(),
    readers=(
        Reader(id="gate", name="Gate"),
        Reader(id="fx", name="FX", format=ReaderFormat.ZEBRA, topics=("zebra/fx/data", "plant/fx/data")),
    ),
)
REGISTRY = Registry(SITE, elsewhere=["zebra/south-1/data"])


@pytest.mark.parametrize(
    ("topic", "reader"),
    [
        ("tallyport/v1/north/gate/reads", "gate"),
        ("tallyport/v1/north/gate/status", "gate"),
        ("zebra/fx/data", "fx"),
        ("plant/fx/data", "fx"),
    ],
)
def test_registered_topic_names_its_reader(topic: str, reader: str) -> None:
    """
    A native topic is known by its pattern, a vendor's by its exact words.
    """
    found = REGISTRY.find(topic)
    assert isinstance(found, Known)
    assert found.reader.id == reader


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("tallyport/v1/north/new-1/reads", Unknown("north", "tallyport/v1/north/new-1/reads", "new-1", "native")),
        ("tallyport/v1/north/fx/reads", Unknown("north", "tallyport/v1/north/fx/reads", "fx", "native")),
        ("zebra/new-2/data", Unknown("", "zebra/new-2/data", "new-2", "zebra")),
        ("impinj/r700/x", Unknown("", "impinj/r700/x", "r700", "impinj")),
        ("odd", Unknown("", "odd", "odd", "mapped")),
    ],
)
def test_unregistered_topic_is_pending_with_a_guess(topic: str, expected: Unknown) -> None:
    """
    Who is not registered waits for approval, also one that borrows a registered name in another format.
    """
    assert REGISTRY.find(topic) == expected


@pytest.mark.parametrize(
    "topic",
    [
        "tallyport/v1/south/gate/reads",
        "tallyport/v1/north/gate/cmd",
        "tallyport/v1/north/gate/reads/more",
        "tallyport/v1/nor+h/gate/reads",
        "tallyport/v1//",
        "$SYS/broker/version",
        "zebra/south-1/data",
    ],
)
def test_topic_of_others_is_not_ours(topic: str) -> None:
    """
    What belongs to another site, or is no reader's word, is nobody pending.
    """
    found = REGISTRY.find(topic)
    assert isinstance(found, Elsewhere) or (isinstance(found, Unknown) and found.site != "north")


def test_subscriptions_do_not_overlap() -> None:
    """
    An exact topic inside a discovery filter is not subscribed to again, or its messages would come twice.
    """
    filters = [topic for topic, _ in REGISTRY.subscriptions(["zebra/+/+", "impinj/+/+"])]
    assert filters == [
        "tallyport/v1/north/+/reads",
        "tallyport/v1/north/+/status",
        "tallyport/v1/north/+/events",
        "tallyport/v1/north/+/sensor",
        "zebra/+/+",
        "impinj/+/+",
        "plant/fx/data",
    ]


@pytest.mark.parametrize(
    ("wide", "topic", "inside"),
    [
        ("a/+/c", "a/b/c", True),
        ("a/+/c", "a/b/d", False),
        ("a/+", "a/b/c", False),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("a/b", "a/b", True),
    ],
)
def test_filter_matches_as_mqtt_says(wide: str, topic: str, inside: bool) -> None:  # noqa: FBT001 - a table's column
    """
    `+` is one level, `#` all that follow and the level itself, and neither reaches the broker's own topics.
    """
    assert matches(wide, topic) is inside
