"""What settling has to tell is written down here: movements, tags that fell quiet, readers that came and went."""

from core.engine.kernels_jit import njit
from core.engine.kernels_narrow import MS_US, dbm_of
from core.engine.records import AGO_MAX, LAST, SURE, Health, Out, Row


@njit
def tell_change(reader: int, at_us: int, online: int, reason: int, health: Health, out: Out) -> None:
    """
    Note a reader's new health, and tell it if it is news.

    reader, at_us, online, reason  int     what, when, 0 or 1, why
    health                         Health  in and out: readers
    out                            Out     one more change, where it is news
    """
    row = health.readers[reader]
    if row["online"] == online:
        return
    row["online"] = online
    at = out.n[1]
    out.changes[at]["at_us"] = at_us
    out.changes[at]["reader"] = reader
    out.changes[at]["online"] = online
    out.changes[at]["reason"] = reason
    out.n[1] = at + 1


@njit
def write_move(tag: int, row: Row, at_us: int, kind: int, from_zone: int, spot: tuple[float, float], out: Out) -> None:
    """
    Tell a movement, with the reads that caused it; those of more than a minute before the newest did not.

    tag, row         int, TAG   whose; the row as it is now
    at_us, kind      int        when and what
    from_zone        int        where it was before
    spot             (x, y)     where it is on the map, metres
    out              Out        one more movement
    """
    move = out.moves[out.n[0]]
    move["at_us"] = at_us
    move["tag"] = tag
    move["kind"] = kind
    move["read_point"] = row["point"][0]
    move["from_zone"] = from_zone
    move["to_zone"] = row["zone"]
    move["confidence"] = row["confidence"] / SURE
    move["x_m"], move["y_m"] = spot
    for k in range(LAST):
        at, known = LAST - 1 - k, row["ago_ms"][k] < AGO_MAX
        move["trail_us"][at] = row["seen_us"] - int(row["ago_ms"][k]) * MS_US if known else 0
        move["trail_read_point"][at] = row["point"][k] if known else -1
        move["trail_dbm"][at] = dbm_of(row["level"][k])
    out.n[0] += 1


@njit
def write_quiet(tag: int, at_us: int, quiet: int, presence: float, out: Out) -> None:
    """
    Tell that a tag fell quiet, or is heard again.

    tag, at_us  int    whose and when
    quiet       int    1 or 0
    presence    float  how likely it is there, 0..1
    out         Out    one more
    """
    row = out.quiet[out.n[2]]
    row["at_us"] = at_us
    row["tag"] = tag
    row["quiet"] = quiet
    row["presence"] = presence
    out.n[2] += 1
