"""A reader has gone: one alert for it, and none for the things that it no longer hears."""

from collections.abc import Iterator
from typing import Final

from core.model.alert import AlertChange, AlertRaised, AlertResolved, Severity
from core.model.step import ReaderChange, Step
from core.rules.world import World

RULE: Final = "reader_offline"


def reader_offline(step: Step, world: World) -> Iterator[AlertChange]:
    """Raise when a reader goes offline, resolve when it is heard again."""
    for change in step.reader_changes:
        if change.online:
            yield AlertResolved(rule=RULE, subject=change.reader, at_us=change.at_us, reason="heard again")
        else:
            yield _raised(change, world)


def _raised(change: ReaderChange, world: World) -> AlertRaised:
    site = world.site
    reader = site.readers[site.reader_index[change.reader]]
    ids = dict.fromkeys(antenna.zone for antenna in reader.antennas)
    zones = [site.zones[site.zone_index[zone]] for zone in ids if zone in site.zone_index]
    blind = f" Until then nothing new is known of {', '.join(zone.name for zone in zones)}." if zones else ""
    return AlertRaised(
        rule=RULE,
        subject=change.reader,
        severity=Severity.HIGH,
        at_us=change.at_us,
        title=f"Reader {reader.name} is offline",
        advice=f"Check its power and its network cable, then restart it.{blind}",
        zone=zones[0].id if zones else "",
        reader=change.reader,
        evidence={"reason": change.reason, "zones": [zone.id for zone in zones]},
    )
