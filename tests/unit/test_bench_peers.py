"""Peers of the bench take what Tallyport takes, and who is not installed is left out."""

import numpy as np
import pytest

from tallyport.bench import peers
from tallyport.bench.bursts import Timed
from tallyport.bench.engine import TAGS, WINDOW_US, _stream


def stream() -> list[Timed]:
    """A few batches, most of whose reads are news."""
    return _stream(TAGS, 400_000, 3)


def test_columns_of_peers_are_keys_and_times() -> None:
    """
    A tag and a read point are one key, another one than any other tag's there.
    """
    (columns, *_), (batch, _) = peers.columns_of(stream()), stream()[0]
    pairs = np.column_stack((batch.reads.epc_lo.astype(np.int64), batch.reads.read_point))

    assert np.unique(columns["key"]).size == len(np.unique(pairs, axis=0))
    assert columns["at_us"].tolist() == batch.reads.seen_us.tolist()


def test_peer_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Only those that are there have a rate.
    """
    taken: list[int] = []

    def make(window_us: int) -> peers.Take:
        def take(batches: list[peers.Columns]) -> int:
            taken.append(len(batches))
            return window_us

        return take

    monkeypatch.setattr(peers, "PEERS", {"json": make, "no_such_module": make})
    rates = peers.peer_rates(stream()[:1], stream()[1:], WINDOW_US)

    assert list(rates) == ["json"]
    assert rates["json"] > 0
    assert taken == [1, 2]
