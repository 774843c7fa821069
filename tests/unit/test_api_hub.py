"""Who follows the live map is written to from the hub, and nobody who goes or lags holds the others up."""

import asyncio
from contextlib import suppress
from typing import Any, cast

from api.hub import Hub
from core.live import DELTA, LiveFrame
from core.store import Store
from tests.store_steps import positions_of


class Client:
    """Takes what is pushed, as long as it has room."""

    def __init__(self) -> None:
        self.taken = 0
        self.room = True

    def push(self, _wire: bytes) -> bool:
        """Take frames, or say that there is no room."""
        self.taken += self.room
        return self.room


def hub() -> Hub:
    """A hub that has loaded a site without tags, and asks no database."""
    made = Hub("north", 1, cast("Store", None))
    made.seq = 0
    made.loaded.set()
    return made


async def tell(to: Hub) -> None:
    """The line's next frame."""
    await to.take(LiveFrame(kind=DELTA, seq=to.seq + 1, closed_us=1, positions=positions_of([]), reads=5))


async def following(to: Hub, *clients: Client) -> list[asyncio.Task[Any]]:
    """Tasks of clients that follow."""
    tasks = [asyncio.create_task(to.follow(client.push)) for client in clients]
    await asyncio.sleep(0)
    return tasks


async def test_who_follows_is_told_each_frame() -> None:
    """
    Each frame is written to each of them, and nobody stops following.
    """
    north, clients = hub(), [Client(), Client()]
    tasks = await following(north, *clients)
    for _ in range(3):
        await tell(north)

    assert [3, 3] == [client.taken for client in clients]
    assert not any(task.done() for task in tasks)
    for task in tasks:
        task.cancel()


async def test_who_has_no_room_learns_what_it_had_been_told() -> None:
    """
    It stops following, with the state before the frame that did not fit; the others go on.
    """
    north, slow, quick = hub(), Client(), Client()
    behind, other = await following(north, slow, quick)
    await tell(north)
    told = north.told
    slow.room = False
    await tell(north)
    await tell(north)

    assert told == await behind
    assert (1, 3) == (slow.taken, quick.taken)
    other.cancel()


async def test_who_goes_at_that_moment_ends_nothing_but_itself() -> None:
    """
    A client may be on its way out, and without room, when a frame comes: the frame reaches the others.
    """
    north, gone, other = hub(), Client(), Client()
    leaving, staying = await following(north, gone, other)
    gone.room = False
    leaving.cancel()
    await tell(north)

    assert 1 == other.taken
    with suppress(asyncio.CancelledError):
        await leaving
    staying.cancel()
