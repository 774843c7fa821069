"""Why a tag is said to be where it is: what was heard of it, what each antenna made of that, and which rule decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.model.columns import ReadColumns
from core.model.passage import Passage
from core.model.reader_event import ReaderEvent
from core.model.step import TagState


class HoldRule(StrEnum):
    """What may have the last word on where a tag is, whatever zone is likeliest."""

    FIRST_PLACE = "first_place"
    """No zone is likely enough for a first placement."""
    CHANGE = "change"
    """Another zone is likelier than the one that is named, and not likely enough for a change."""
    MARGIN = "margin"
    """Another zone is likely enough, and not so many times likelier than the one that is named."""
    NO_ZONE = "no_zone"
    """What hears the tag covers no zone."""
    DOORWAY = "doorway"
    """A door's own antennas say that it is in the doorway: other zones don't matter."""
    NOT_AT_DOOR = "not_at_door"
    """A door's antenna hears it, but not as often, as loudly, or as the loudest, as being in the doorway takes."""
    NOT_INSIDE = "not_inside"
    """It has not been in the building before, as far as is known: what has just come in doesn't leave."""
    HEARD_ELSEWHERE = "heard_elsewhere"
    """The door's own antennas were not the last to hear it, so its silence there is no leaving."""
    DOOR_VERDICT = "door_verdict"
    """The door judged that it stood there, milled about or came in: its silence there is no leaving."""
    SILENCE = "silence"
    """It is silent, and not yet for long enough to be gone."""
    NOT_LISTENING = "not_listening"
    """The antenna that heard it last has not listened for long enough since: its silence says nothing."""
    GONE = "gone"
    """It was silent for long enough: it has left, or is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A rule that decided, in words; `has` of what it `needs`, where the two are numbers."""

    rule: HoldRule
    says: str
    has: float | None = None
    needs: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A zone that the tag may be in; gain_db is how much louder than typical the tag is if it is there."""

    zone: str
    probability: float
    gain_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """
    One read of the tag. `counts` is what part of a whole read it is worth, 0..1: less right after another like it.

    log_weight says by how much it changed the logarithm of each zone's probability; zones not named were ruled out.
    """

    seen_us: int
    reader: str
    antenna: int
    rssi_dbm: float | None
    counts: float
    log_weight: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one antenna says of one candidate: the level to expect, the chance to be heard, and what its reads weigh."""

    zone: str
    expected_dbm: float
    chance: float
    log_weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AntennaWord:
    """What one antenna heard of the tag, and what that says of each candidate; zone is the one it is there for."""

    reader: str
    antenna: int
    zone: str
    reads: int
    counts: float
    mean_dbm: float | None
    loudest_dbm: float | None
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """
    How silent a tag is. Only seconds count in which antennas that cover its zone listened.

    absent_after_s  silence that its own pace allows
    gone_after_s    silence after which it is `gone_is`: left or missing
    presence        how likely it is there, 0..1
    listened_s      how long the antenna that heard it last has listened since
    """

    silent_s: float
    absent_after_s: float
    gone_after_s: float
    gone_is: TagState
    presence: float
    listened_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """
    What an explanation rests on: kept reads of the tag, and of others at its doors, in any order; readers' own words.

    closed_us is the stream time up to which it is all. long_epcs spells out the EPCs over 112 bits by their key.
    """

    reads: ReadColumns
    events: tuple[ReaderEvent, ...]
    closed_us: int
    long_epcs: Mapping[tuple[int, int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """
    Where a tag is by the reads of `from_us` to `at_us`, and why. zone is empty for an honest unknown.

    antennas and sightings are about the newest reads, sightings newest first; quiet is None for one that is gone or
    has no zone.
    """

    epc: str
    from_us: int
    at_us: int
    reads: int
    state: TagState
    zone: str
    confidence: float
    x_m: float
    y_m: float
    seen_us: int
    candidates: tuple[Candidate, ...]
    holds: tuple[Hold, ...]
    antennas: tuple[AntennaWord, ...]
    sightings: tuple[Sighting, ...]
    passages: tuple[Passage, ...]
    quiet: Quiet | None
