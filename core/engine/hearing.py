"""What each read point hears of a tag in each place: how loud, how far off, how often."""

from dataclasses import dataclass

from core.engine.records import Floats32


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """
    A table over A read points and P places, float32[A, P] each.

    dbm      the level that the read point reports of a typical tag there: high in its spread, since fading
             takes away more than it gives (the level above which two thirds of the squared spread's weight lies)
    up_db    standard deviation of levels above that
    down_db  standard deviation of levels below that
    chance   natural logarithm of how readily the read point hears a tag there, next to other places and read points
    """

    dbm: Floats32
    up_db: Floats32
    down_db: Floats32
    chance: Floats32
