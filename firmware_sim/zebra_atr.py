"""
The firmware of an ATR7000 over a door: it tells not reads but which way each tag goes.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from firmware_sim.outgoing import SECOND_US, Epcs, Health, Outgoing, utc
from firmware_sim.plan import ReaderPlan
from firmware_sim.reads import Reads
from firmware_sim.zebra import ZebraFirmware

# Of a plan of four zones, 1 and 2 lie inside, 3 and 4 outside.
INNER, OUTER = 1, 3
ZONE_NAMES: Final = {OUTER: "Lorry", INNER: "Receiving"}
_INNER_PORTS: Final = {1, 2}
TIMEOUT_S: Final = 30.0
UPDATE_S: Final = 1.0
HYSTERESIS_DB: Final = 3.0
_FEET_PER_M: Final = 3.28084
_HISTORY_MAX: Final = 50


@dataclass(slots=True)
class _Track:
    """What it knows of one tag."""

    epc: str
    zone: int
    seen_us: int
    told_us: int
    level_dbm: dict[int, float] = field(default_factory=dict)
    zones: list[tuple[int, int]] = field(default_factory=list)


class DirectionalityFirmware(ZebraFirmware):
    """DIRECTIONALITY mode: NEW, UPDATE, TRANSITION, and TIMED_OUT with the direction."""

    def __init__(self, plan: ReaderPlan, epcs: Epcs) -> None:
        super().__init__(plan, epcs)
        self._tracks: dict[int, _Track] = {}

    def reboot(self, now_us: int) -> None:
        """Lose all tracks too."""
        super().reboot(now_us)
        self._tracks.clear()

    def heartbeat(self, now_us: int, health: Health) -> list[Outgoing]:
        """Let tags time out, then tell the reader's health."""
        gone = [tag for tag, track in self._tracks.items() if now_us - track.seen_us > TIMEOUT_S * SECOND_US]
        ended = [self._timed_out(self._tracks.pop(tag), now_us) for tag in gone]
        return [*ended, *super().heartbeat(now_us, health)]

    def reads(self, reads: Reads, now_us: int) -> list[Outgoing]:
        """Follow each tag between the lorry's side and the inner side, by the stronger side's antennas."""
        self._counters.note(reads)
        del now_us
        told = []
        columns = (reads.tag.tolist(), reads.port.tolist(), reads.level_dbm.tolist(), reads.seen_us.tolist())
        for tag, port, level, seen_us, epc in zip(*columns, self._epcs(reads.tag), strict=True):
            message = self._follow(tag, epc, port, level, seen_us)
            if message is not None:
                told.append(message)
        return told

    def _follow(self, tag: int, epc: str, port: int, level_dbm: float, seen_us: int) -> Outgoing | None:
        side = INNER if port in _INNER_PORTS else OUTER
        track = self._tracks.get(tag)
        if track is None:
            track = _Track(epc, side, seen_us, seen_us, {side: level_dbm}, [(seen_us, side)])
            self._tracks[tag] = track
            return self._tell(track, seen_us, {"state": "NEW"})
        track.seen_us = seen_us
        track.level_dbm[side] = 0.6 * track.level_dbm.get(side, level_dbm) + 0.4 * level_dbm
        here = track.level_dbm.get(track.zone, -200.0)
        if side != track.zone and track.level_dbm[side] > here + HYSTERESIS_DB:
            return self._transition(track, side, seen_us)
        if seen_us - track.told_us < UPDATE_S * SECOND_US:
            return None
        return self._tell(track, seen_us, {"state": "UPDATE"})

    def _transition(self, track: _Track, side: int, seen_us: int) -> Outgoing:
        before, track.zone = track.zone, side
        track.zones = [*track.zones[-_HISTORY_MAX:], (seen_us, side)]
        more = {"state": "TRANSITION", "prevZone": before, "prevZoneName": ZONE_NAMES[before]}
        return self._tell(track, seen_us, more)

    def _timed_out(self, track: _Track, now_us: int) -> Outgoing:
        first, last = track.zones[0][1], track.zone
        direction = "NONE" if first == last else "IN" if last == INNER else "OUT"
        more: dict[str, Any] = {
            "state": "TIMED_OUT",
            "direction": direction,
            "zoneHistory": [[at_us // 1_000, zone] for at_us, zone in track.zones],
            "locationHistory": [[at_us // 1_000, *_place_feet(zone)] for at_us, zone in track.zones],
            "lastSeenTimestamp": utc(track.seen_us, "+0000"),
        }
        if self.plan.newer:
            more["zoneHistory"] = [{"timestamp": at_us // 1_000, "Zone": zone} for at_us, zone in track.zones]
            more["locationHistory"] = [
                {"timestamp": utc(at_us, "+0000"), "x": _place_feet(zone)[0], "y": _place_feet(zone)[1]}
                for at_us, zone in track.zones
            ]
        return self._tell(track, now_us, more, reads=0)

    def _tell(self, track: _Track, at_us: int, more: dict[str, Any], reads: int = 1) -> Outgoing:
        track.told_us = at_us
        data = {"eventNum": self._next_event(), "tagId": track.epc.lower(), "zone": track.zone}
        data |= {"zoneName": ZONE_NAMES[track.zone], **more}
        event = {"type": "DIRECTIONALITY", "timestamp": utc(at_us, "+0000"), "data": data}
        return self._data(self._written(event), reads)


def _place_feet(zone: int) -> tuple[float, float]:
    """Give the middle of one of the two sides, seen from the reader."""
    return 0.0, round((1.6 if zone == INNER else -1.6) * _FEET_PER_M, 1)
