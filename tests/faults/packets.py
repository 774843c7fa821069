"""Packets of one port of this machine that are lost on the way, by chance."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lost_packets(port: int, percent: int) -> Iterator[None]:
    """Drop so many of a hundred packets to and from a port of loopback; only root can say so."""
    table = f"inet tallyport_faults_{port}"
    drop = f"numgen random mod 100 < {percent} drop"
    chain = f"type filter hook output priority 0; tcp dport {port} {drop}; tcp sport {port} {drop};"
    _nft(f"table {table} {{\nchain lost {{\n{chain}\n}}\n}}\n")
    try:
        yield
    finally:
        _nft(f"delete table {table}\n")


def _nft(rules: str) -> None:
    subprocess.run(["/usr/sbin/nft", "-f", "-"], input=rules, text=True, check=True)
