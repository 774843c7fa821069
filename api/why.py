"""Why a tag is where it is, as far as the reads that are kept can say."""

import asyncio
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from api.access import Access, GuardedRoute, Reading
from api.passages import Passage
from api.positions import Movement, Position
from api.problem import RETRY_AFTER_S, Problem
from api.values import EpcPath, Moment, TagStateName
from core.store import Store
from core.why import Desk

router = APIRouter(prefix="/api/v1/sites/{site}", route_class=GuardedRoute, tags=["positions"])

AT_ONCE = 1
WAITING_MAX = 8
"""Explanations cost a processor a good part of a second: one at a time, and few may wait."""


class Candidate(BaseModel):
    """A zone that the tag may be in."""

    zone: str
    probability: float
    gain_db: float = Field(description="How much louder than typical the tag is if it is there.")


class Hold(BaseModel):
    """A rule that had the last word."""

    rule: str
    says: str
    has: float | None
    needs: float | None


class Said(BaseModel):
    """What an antenna says of one candidate."""

    zone: str
    expected_dbm: float = Field(description="The level at which it would hear this tag there.")
    chance: float = Field(description="How readily it hears a tag there, 0 to 1.")
    log_weight: float = Field(description="By how much its reads changed the logarithm of the zone's probability.")


class AntennaWord(BaseModel):
    """What one antenna heard of the tag lately, and says of each candidate."""

    reader: str
    antenna: int
    zone: str = Field(description="The zone that it is there for.")
    reads: int
    counts: float = Field(description="How many whole reads they are worth: one right after another counts less.")
    mean_dbm: float | None
    loudest_dbm: float | None
    said: list[Said]


class Sighting(BaseModel):
    """One of the last reads."""

    seen_at: Moment
    reader: str
    antenna: int
    rssi_dbm: float | None
    counts: float = Field(description="What part of a whole read it is worth, 0 to 1.")
    log_weight: dict[str, float] = Field(description="By zone, the change of the logarithm of its probability.")


class Quiet(BaseModel):
    """How silent the tag is; only seconds count in which antennas that cover its zone listened."""

    silent_s: float
    absent_after_s: float = Field(description="What its own pace allows.")
    gone_after_s: float
    gone_is: TagStateName
    presence: float = Field(description="How likely it is there, 0 to 1.")
    listened_s: float = Field(description="How long the antenna that heard it last has listened since.")


class PlayedPassage(BaseModel):
    """A stay at a door as the reads kept have it."""

    opened_at: Moment
    closed_at: Moment
    door: str
    verdict: Literal["static", "milling", "through", "review"]
    direction: Literal["in", "out", "none"]
    confidence: float
    reads: int


class Why(BaseModel):
    """Where the reads that are kept put the tag, and how."""

    epc: str
    from_at: Moment = Field(description="The first read that it rests on.")
    at: Moment
    reads: int
    state: TagStateName
    zone: str
    confidence: float
    x: float
    y: float
    seen_at: Moment
    candidates: list[Candidate]
    holds: list[Hold]
    antennas: list[AntennaWord]
    sightings: list[Sighting]
    passages: list[PlayedPassage]
    quiet: Quiet | None


class Explanation(BaseModel):
    """What is said of a tag live, and why."""

    position: Position
    differs: str = Field(description="Where the reads kept give another answer than the live one; empty if they don't.")
    movements: list[Movement] = Field(description="The last ones, newest first.")
    passages: list[Passage] = Field(description="The last ones, newest first.")
    why: Why | None = Field(description="null where no read of the tag is kept any more.")


class Counter:
    """The desk's counter: one is served at a time, and few may wait."""

    def __init__(self, store: Store) -> None:
        self._desk = Desk(store)
        self._free = asyncio.Semaphore(AT_ONCE)
        self._asked = 0

    async def explain(self, at: Access, epc: str) -> dict[str, Any] | None:
        """Explain a tag. Raises Problem 503 where too many wait already."""
        if self._asked >= WAITING_MAX:
            raise Problem(
                503,
                "too many explanations are asked for at once; try again",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        self._asked += 1
        try:
            async with self._free:
                answer = await self._desk.ask(at.site, at.site_id, epc)
        finally:
            self._asked -= 1
        return None if answer is None else answer.as_json()


@router.get("/tags/{epc}/why", response_model=Explanation)
async def why(request: Request, at: Reading, epc: EpcPath) -> dict[str, Any]:
    """Explain where a tag is: the last reads, what each antenna makes of them, and the rule that decided."""
    counter: Counter = request.app.state.why_counter
    answer = await counter.explain(at, epc.upper())
    if answer is None:
        raise Problem(404, "this tag has never been seen at this site")
    return answer
