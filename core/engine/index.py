"""Which dense id a tag has, and which EPC an id stands for."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.columns import hex_from_key, hexes_from_keys, key_of, parse_keys
from core.engine.kernels_index import FREE, MARK, find_tags, place_tags, slot_of
from core.engine.records import Ints

Keys = npt.NDArray[np.uint64]


class TagIndex:
    """EPC key -> tag id by open addressing, at most half full; and back."""

    def __init__(self) -> None:
        self.known = 0
        self.long: dict[tuple[int, int], str] = {}
        self._keys: Keys = np.zeros((1024, 2), np.uint64)
        self._slots: Keys = np.full(4096, FREE, np.uint64)

    def find(self, hi: Keys, lo: Keys, long: Mapping[tuple[int, int], str]) -> Ints:
        """Find the id of each EPC, in order; new ones take the next ids."""
        self.long.update(long)
        self._reserve(self.known + hi.size)
        tag = np.empty(hi.size, np.int64)
        self.known = int(find_tags(hi, lo, mixed(hi, lo), self._slots, self._keys, self.known, tag))
        return tag

    def load(self, tags: Sequence[tuple[int, str]]) -> None:
        """Take over the ids given in an earlier life; ids not among them stay unused."""
        if not tags:
            return
        assert self.known == 0
        parsed = parse_keys([epc for _, epc in tags])
        assert not parsed.bad
        self.long.update(parsed.long)
        ids = np.array([tag_id for tag_id, _ in tags], np.int64)
        self._reserve(int(ids.max()) + 1)
        self._keys[ids, 0], self._keys[ids, 1] = parsed.hi, parsed.lo
        self.known = int(ids.max()) + 1
        place_tags(mixed(parsed.hi, parsed.lo), ids, self._slots)

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Rows, and bytes a row, of its two tables."""
        return {"epcs": (self._keys.shape[0], 16), "slots": (self._slots.size, 8)}

    def epc(self, tag_id: int) -> str:
        """Upper-case hex of a known tag."""
        hi, lo = self._keys[tag_id].tolist()
        return hex_from_key(hi, lo, self.long)

    def epcs(self, tag_ids: Ints) -> list[str]:
        """Upper-case hex of known tags."""
        return hexes_from_keys(self._keys[tag_ids, 0], self._keys[tag_ids, 1], self.long)

    def id_of(self, epc: str) -> int | None:
        """Give the id of an EPC in upper-case hex, None if it was never seen or is no EPC."""
        try:
            hi, lo = (np.array([half], np.uint64) for half in key_of(epc))
        except ValueError:
            return None
        slot = self._slots[slot_of((hi[0], lo[0]), mixed(hi, lo)[0], self._slots, self._keys)]
        return None if slot == FREE else int(slot & ~MARK)

    def _reserve(self, n: int) -> None:
        if n > self._keys.shape[0]:
            grown = np.zeros((max(n, 2 * self._keys.shape[0]), 2), np.uint64)
            grown[: self.known] = self._keys[: self.known]
            self._keys = grown
        if 2 * n > self._slots.size:
            ids = (self._slots[self._slots != FREE] & ~MARK).astype(np.int64)
            self._slots = np.full(power_above(4 * n), FREE, np.uint64)
            place_tags(mixed(self._keys[ids, 0], self._keys[ids, 1]), ids, self._slots)


def mixed(hi: Keys, lo: Keys) -> Keys:
    """Give the hash of each key."""
    return (hi ^ (lo * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xD6E8FEB86659FD93)


def power_above(n: int) -> int:
    """Give the least power of two that is at least n."""
    return 1 << max(n - 1, 1).bit_length()
