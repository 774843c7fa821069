"""
What others' tools make of removing repeats: a stream processor, and tables that take reads batch by batch.

They are no part of Tallyport: `make bench` installs them beside it (requirements-bench.lock), and who is not there is
left out. Each keeps, for every tag and read point, when it was last kept, and is used as its own manual would have it.
Tables look at a batch's first read of a key only, so they keep a little less; what they do beside is not counted.
"""

import importlib
import os
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from tallyport.bench.bursts import Timed

POINTS: Final = 1 << 10
"""More than there are read points: a tag and one of them are one key."""
FLOW_BATCHES: Final = 10
"""A stream processor takes single reads, and is given fewer of them."""

Columns = dict[str, np.ndarray]
Take = Callable[[list[Columns]], int]
"""Takes batches of columns `key` and `at_us` (int64) in their order; returns how many reads were kept."""


def peer_rates(first: list[Timed], timed: list[Timed], window_us: int) -> dict[str, float]:
    """Reads a second of the processor's time of all threads, after batches that are not timed; of those installed."""
    found = {}
    for name, make in PEERS.items():
        if find_spec(name):
            some = timed[:FLOW_BATCHES] if name == "bytewax" else timed
            take = make(window_us)
            take(columns_of(first))
            batches = columns_of(some)
            started = time.process_time()
            take(batches)
            found[name] = sum(len(batch.reads) for batch, _ in some) / (time.process_time() - started)
    return found


def columns_of(timed: list[Timed]) -> list[Columns]:
    """The columns that a peer needs, made before the time starts."""
    return [
        {
            "key": batch.reads.epc_lo.astype(np.int64) * POINTS + batch.reads.read_point,
            "at_us": batch.reads.seen_us.astype(np.int64),
        }
        for batch, _ in timed
    ]


def bytewax(window_us: int) -> Take:
    """A dataflow with a state for each key, on one worker."""
    op: Any = importlib.import_module("bytewax.operators")
    flows: Any = importlib.import_module("bytewax.dataflow")
    testing: Any = importlib.import_module("bytewax.testing")

    def sift(last: int | None, at: int) -> tuple[int, bool]:
        kept = last is None or at - last >= window_us
        return (at if kept or last is None else last), kept

    def take(batches: list[Columns]) -> int:
        keys = [str(key) for batch in batches for key in batch["key"].tolist()]
        times = [at for batch in batches for at in batch["at_us"].tolist()]
        told: list[tuple[str, bool]] = []
        flow = flows.Dataflow("repeats")
        reads = op.input("reads", flow, testing.TestingSource(list(zip(keys, times, strict=True)), batch_size=1000))
        op.output("out", op.stateful_map("sift", reads, sift), testing.TestingSink(told))
        testing.run_main(flow)
        return sum(kept for _, kept in told)

    return take


def pandas(window_us: int) -> Take:
    """A table joined with each batch."""
    pd: Any = importlib.import_module("pandas")
    known: Any = pd.DataFrame({"key": np.zeros(0, np.int64), "at_us": np.zeros(0, np.int64)})

    def take(batches: list[Columns]) -> int:
        nonlocal known
        n = 0
        for batch in batches:
            reads = (
                pd.DataFrame(batch).drop_duplicates("key").merge(known, on="key", how="left", suffixes=("", "_last"))
            )
            kept = reads[~(reads["at_us"] - reads["at_us_last"] < window_us)][["key", "at_us"]]
            known = pd.concat([known, kept]).drop_duplicates("key", keep="last")
            n += len(kept)
        return n

    return take


def polars(window_us: int) -> Take:
    """A table joined with each batch, on one thread."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    pl: Any = importlib.import_module("polars")
    known: Any = pl.DataFrame({"key": np.zeros(0, np.int64), "at_us": np.zeros(0, np.int64)})

    def take(batches: list[Columns]) -> int:
        nonlocal known
        n = 0
        for batch in batches:
            reads = pl.DataFrame(batch).unique("key", keep="first").join(known, on="key", how="left", suffix="_last")
            late = pl.col("at_us_last").is_null() | (pl.col("at_us") - pl.col("at_us_last") >= window_us)
            kept = reads.filter(late).select("key", "at_us")
            known = known.update(kept, on="key", how="full")
            n += kept.height
        return n

    return take


def duckdb(window_us: int) -> Take:
    """A table with a key that each batch is inserted into, on one thread."""
    connection: Any = importlib.import_module("duckdb").connect(config={"threads": 1})
    connection.execute("CREATE TABLE known (key BIGINT PRIMARY KEY, at_us BIGINT)")
    insert = (
        "INSERT INTO known SELECT key, min(at_us) FROM reads GROUP BY key ON CONFLICT (key) "
        "DO UPDATE SET at_us = excluded.at_us WHERE excluded.at_us - known.at_us >= $window_us RETURNING key"
    )

    def take(batches: list[Columns]) -> int:
        n = 0
        for batch in batches:
            connection.register("reads", batch)
            n += len(connection.execute(insert, {"window_us": window_us}).fetchnumpy()["key"])
        return n

    return take


PEERS: Final[Mapping[str, Callable[[int], Take]]] = {
    "bytewax": bytewax,
    "pandas": pandas,
    "polars": polars,
    "duckdb": duckdb,
}
