"""What settling has to tell is written down here: movements, tags that fell quiet, readers that came and went."""

from core.engine.kernels_jit import njit
from core.engine.records import Health, Out, Row


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
def write_move(tag: int, row: Row, at_us: int, kind: int, from_zone: int, out: Out) -> None:
    """
    Tell a movement, with the reads that caused it.

    tag, row         int, TAG   whose; the row as it is now
    at_us, kind      int        when and what
    from_zone        int        where it was before
    out              Out        one more movement
    """
    move = out.moves[out.n[0]]
    move["at_us"] = at_us
    move["tag"] = tag
    move["kind"] = kind
    move["read_point"] = row["read_point"]
    move["from_zone"] = from_zone
    move["to_zone"] = row["zone"]
    move["confidence"] = row["confidence"]
    move["x_m"] = row["x_m"]
    move["y_m"] = row["y_m"]
    for k in range(row["trail_us"].size):
        at = (row["reads"] + k) % row["trail_us"].size
        move["trail_us"][k] = row["trail_us"][at]
        move["trail_read_point"][k] = row["trail_read_point"][at]
        move["trail_dbm"][k] = row["trail_dbm"][at]
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
