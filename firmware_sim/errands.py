"""
What people and forklifts do, step by step: each errand yields a point to go to, or seconds to wait.
"""

from collections.abc import Callable
from typing import Final, Literal

from firmware_sim.arrays import Indices
from firmware_sim.geometry import Point
from firmware_sim.plan import DoorPlan
from firmware_sim.truth import EventKind
from firmware_sim.world import Errand, Mover, World

Hands = Literal["person", "forklift"]
Task = Callable[[World, Mover], Errand]
_HANDLING_S: Final = 1.5
_STEP_OUT_M: Final = 0.3


def where(world: World, tags: Indices) -> Point:
    """Where these tags lie, going by the first."""
    first = int(tags[0])
    return float(world.tags.x[first]), float(world.tags.y[first])


def threshold(world: World, door: DoorPlan) -> Point:
    """The first point outside a door."""
    x, y = door.outside
    return (x, -_STEP_OUT_M) if door.kind == "dock" else (world.plan.width_m + _STEP_OUT_M, y)


def portal(world: World, door: DoorPlan) -> Point:
    """The middle of a door's zone."""
    return world.plan.zones[world.plan.zone_no(door.zone)].middle


def carry(tags: Indices, spots: list[Point], pauses_s: float, world: World, mover: Mover) -> Errand:
    """Fetch tags, take them past some spots with a pause at each, and leave them at the last."""
    yield where(world, tags)
    world.take(mover, tags)
    yield _HANDLING_S
    for spot in spots:
        yield spot
        yield pauses_s
    world.put_down(mover)


def bring_in(tags: Indices, door: DoorPlan, spot: Point, world: World, mover: Mover) -> Errand:
    """Fetch tags from the lorry at a door and set them down inside."""
    yield threshold(world, door)
    yield door.outside
    world.arrive(tags, door.outside)
    world.take(mover, tags)
    yield _HANDLING_S
    yield spot
    world.put_down(mover)


def linger(tags: Indices, door: DoorPlan, back: Point, world: World, mover: Mover, *, wait_s: float) -> Errand:
    """Take tags into a door's portal, wait there, and take them back."""
    yield where(world, tags)
    world.take(mover, tags)
    yield _HANDLING_S
    yield portal(world, door)
    yield wait_s
    yield back
    world.put_down(mover)


def take_out(
    tags: Indices, door: DoorPlan, kind: EventKind, world: World, mover: Mover, *, wait_s: float = 0.0
) -> Errand:
    """Take tags out through a door: on a shipment, or as a thief; perhaps after waiting in its portal."""
    yield where(world, tags)
    world.take(mover, tags)
    yield _HANDLING_S / 3
    if wait_s:
        yield portal(world, door)
        yield wait_s
    yield threshold(world, door)
    world.plant(mover.load, kind, door.id)
    yield door.outside
    world.drive_off(mover)
    yield _HANDLING_S


def bag(tags: Indices, back_after_s: float | None, world: World, mover: Mover) -> Errand:
    """Put tags into a lined bag where they lie; perhaps think better of it later."""
    yield where(world, tags)
    world.plant(tags, "theft_shielded")
    world.shield(tags)
    if back_after_s is not None:
        yield back_after_s
        world.plant(tags, "unshielded")
        world.unshield(tags)
    del mover


def stroll(spots: list[Point], pause_s: float, world: World, mover: Mover) -> Errand:
    """Walk about with nothing in hand."""
    del world, mover
    for spot in spots:
        yield spot
        yield pause_s
