"""Every kernel of the scanner beside its naive twin, with texts they must agree on."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.wire import kernels_objects, kernels_records, kernels_text, kernels_values, records
from core.wire.scan import Key, Shape
from tallyport.bench.stream import BINARY
from tests import naive_wire

Args = tuple[Any, ...]
Random = np.random.Generator
W, N = records, naive_wire
T, V, J, B = MODULES = (kernels_text, kernels_values, kernels_objects, kernels_records)

FLAT = Shape.of(
    Key(name="t", kind=W.WHOLE, field=W.SEEN, high=2.0**62, needed=True),
    Key(name="epc", kind=W.HEX, needed=True),
    Key(name="antenna", kind=W.WHOLE, field=W.ANTENNA, high=32_767, nullable=True),
    Key(name="rssi_dbm", kind=W.REAL, field=W.RSSI, low=-200, high=100, nullable=True),
    Key(name="phase", kind=W.REAL, field=W.PHASE, low=-360, high=360, nullable=True),
    Key(name="count", kind=W.WHOLE, field=W.COUNT, high=2**31 - 1, nullable=True),
)
NESTED = Shape.of(
    Key(name="at", kind=W.TIME, field=W.STAMP, needed=True),
    Key(name="data", kind=W.INNER, needed=True),
    Key(name="epc", kind=W.BASE64, scope=W.INSIDE),
    Key(name="epcHex", kind=W.HEX, scope=W.INSIDE),
    Key(name="number", kind=W.WHOLE, field=W.EVENT_NUM, scope=W.INSIDE, high=2.0**62, nullable=True),
    Key(name="frequency", kind=W.REAL, field=W.CHANNEL, scope=W.INSIDE, high=1e8, unit=1_000.0),
    Key(name="last", kind=W.TIME, field=W.SEEN, scope=W.INSIDE),
    Key(name="name", kind=W.TEXT, scope=W.INSIDE),
    Key(name="more", kind=W.ANY, scope=W.INSIDE, nullable=True),
    Key(name="type", kind=W.WORD, needed=True),
    words=("SIMPLE", "PORTAL"),
)
NUMBERS = (
    *(
        "0",
        "1",
        "-1",
        "17",
        "-61.5",
        "32767",
        "32768",
        "-0",
        "-0.0",
        "0.0",
        "00",
        "01",
        "1.",
        ".5",
        "-",
        "",
        "1e3",
        "+1",
    ),
    *("2147483647", "2147483648", "1795298412820000", "9007199254740992", "9007199254740993", "9007199254740.993"),
    *("123456789012345678", "1234567890123456789", "0.12345678901234567", "0.123456789012345678", "359.99999", "-1.0"),
    *("360", "-360.0", "-0.000000001", "100.0000001", "865.7", "920625", "12345678.12345678", "NaN", "null", "nul"),
)
HEXES = ("E2806894000040017790e471", "AB", "A", "", "ABC", "F" * 28, "F" * 29, "F" * 40, "12 4", "E28G", "0" * 16, "4x")
BASE64S = ("MHQle_cZTkAAABqF", "MHQle/cZTkAAABqF", "AAAA", "AAA", "AA==", "", "A" * 20, "A" * 16, "????")
TIMES = (
    *(
        "2026-09-07T12:50:55.513+0000",
        "2026-04-02T12:00:00Z",
        "2024-02-29T23:59:59.123456789+00:00",
        "2023-02-29T00:00:00Z",
    ),
    *(
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-04-02T12:00:60Z",
        "2026-04-02T24:00:00Z",
    ),
    *(
        "2026-13-02T12:00:00Z",
        "2026-04-31T12:00:00Z",
        "2026-04-02t12:00:00Z",
        "2026-04-02T12:00:00.Z",
        "2026-04-02T12:00:00",
    ),
    *("2026-04-02T12:00:00+0100", "2026-04-02T12:00:00+00", "2026-04-02T12:00:00.1234567890Z", "202&-04-02T12:00:00Z"),
    *("2100-02-29T00:00:00Z", "2000-02-29T00:00:00.5Z", "2026-04-00T12:00:00Z", "2026-4-02T12:00:00Z", "soon"),
)
TEXTS = (
    "INVENTORY",
    "SIMPLE",
    "PORTAL",
    "SIMPLEX",
    "",
    "a b",
    "back\\\\slash",
    "\\u0041",
    "caf\u00e9",
    "tab\t",
    "\x7f",
    "~",
)
BLANKS = ("", "", "", " ", "\n", "\t\r\n  ", "\x0b", "\xa0")


def padded(text: str) -> Any:
    """A text as the kernels take it."""
    return np.frombuffer(text.encode() + W.PAD, np.uint8)


def one_of(rng: Random, *pools: tuple[str, ...]) -> str:
    """Any of the pools' entries."""
    pool = pools[int(rng.integers(len(pools)))]
    return str(pool[int(rng.integers(len(pool)))])


def blank(rng: Random) -> str:
    return one_of(rng, BLANKS) if rng.random() < 0.1 else ""


def row(rng: Random) -> Any:
    """A read of which something has been said."""
    reads = rows(1)
    reads[0]["raw_us"], reads[0]["epc_hi"], reads[0]["phase_deg"] = 5, int(rng.integers(2)) << 57, 7.0
    return reads[0]


def rows(n: int) -> Any:
    reads = np.zeros(n, W.READ)
    for read in reads:
        N.forget(read)
    return reads


def value(rng: Random, key: Any) -> str:
    """A value, mostly one that the key allows."""
    kind = int(key["kind"])
    if rng.random() < 0.03:
        return one_of(rng, NUMBERS, ("null", "true", "{}", "[1]", '"x"', '"unended'))
    if kind in {W.WHOLE, W.REAL}:
        return one_of(rng, NUMBERS[:9] if rng.random() < 0.9 else NUMBERS)
    if rng.random() < 0.9:
        return f'"{({W.HEX: HEXES, W.BASE64: BASE64S, W.TIME: TIMES, W.WORD: TEXTS[1:3]}.get(kind, TEXTS[:3]))[0]}"'
    return f'"{one_of(rng, {W.HEX: HEXES, W.BASE64: BASE64S, W.TIME: TIMES}.get(kind, TEXTS))}"'


def members(rng: Random, keys: Any, scope: int) -> str:
    """An object, mostly one that its keys allow."""
    chosen = [key for key in keys if key["scope"] == scope and (rng.random() < 0.8 or key["kind"] == W.INNER)]
    if rng.random() < 0.3:
        rng.shuffle(chosen)
    if rng.random() < 0.05:
        chosen += chosen[:1]
    said = [
        blank(rng)
        + N.name_of(key).decode()
        + blank(rng)
        + ":"
        + blank(rng)
        + (members(rng, keys, W.INSIDE) if key["kind"] == W.INNER else value(rng, key))
        + blank(rng)
        for key in chosen
    ]
    return "{" + ",".join(said) + ("," if rng.random() < 0.02 else "") + "}"


def shape_of(rng: Random) -> Shape:
    return FLAT if rng.random() < 0.5 else NESTED


def whole(*pools: tuple[str, ...], end: str = "") -> Callable[[Random], Args]:
    """A text from a pool, read from its beginning."""
    return lambda rng: (padded(one_of(rng, *pools) + end + one_of(rng, ("", ",", "}", " ", "x"))), 0)


def value_case(rng: Random) -> Args:
    keys = shape_of(rng).keys
    k = int(rng.choice([k for k in range(len(keys)) if keys[k]["kind"] != W.INNER and keys[k]["scope"] != W.WORDS]))
    return padded(value(rng, keys[k]) + ","), 0, keys, k, row(rng)


def text_case(rng: Random) -> Args:
    _, _, keys, k, read = value_case(rng)
    return padded(f'"{one_of(rng, TEXTS, HEXES, BASE64S, TIMES)}",'), 0, keys, k, read


def number_case(rng: Random) -> Args:
    _, _, keys, k, read = value_case(rng)
    return padded(one_of(rng, NUMBERS[:-2]) + ","), 0, keys[k], read


def object_case(rng: Random) -> Args:
    shape = shape_of(rng)
    return padded(members(rng, shape.keys, W.OUTSIDE) + "]"), 1, shape.keys, shape.needed, row(rng)


def rows_case(rng: Random) -> Args:
    shape = shape_of(rng)
    said = [members(rng, shape.keys, W.OUTSIDE) for _ in range(int(rng.integers(4)))]
    text = said[0] if said and rng.random() < 0.3 else f"[{blank(rng)}{(',' + blank(rng)).join(said)}{blank(rng)}]"
    return padded(text), 0, shape.keys, shape.needed, rows(int(rng.integers(2, 4)))


def listed(rng: Random, key: Any, n: int) -> str:
    return "[" + ",".join(blank(rng) + value(rng, key) + blank(rng) for _ in range(n)) + "]"


def column_case(rng: Random) -> Args:
    k = int(rng.integers(len(FLAT.keys)))
    text = padded(listed(rng, FLAT.keys[k], int(rng.integers(4))) + ",")
    return text, 0, FLAT.keys, k, bool(rng.integers(2)), rows(int(rng.integers(2, 4)))


def columns_case(rng: Random) -> Args:
    n = int(rng.integers(1, 4))
    chosen = [key for key in FLAT.keys if rng.random() < 0.9]
    said = [
        f"{blank(rng)}{N.name_of(key).decode()}:{blank(rng)}{listed(rng, key, n + (rng.random() < 0.02))}{blank(rng)}"
        for key in chosen
    ]
    return padded("{" + ",".join(said) + "}"), 0, FLAT.keys, FLAT.needed, rows(3)


def key_case(rng: Random) -> Args:
    keys = shape_of(rng).keys
    name = N.name_of(keys[int(rng.integers(len(keys)))]).decode()
    return (
        padded(name if rng.random() < 0.8 else name[:-2] + "x"),
        0,
        keys,
        int(rng.integers(3)),
        int(rng.integers(len(keys))),
    )


def bits_case(rng: Random) -> Args:
    """An EPC of any length that is its own key."""
    first, second = (np.uint64(word) for word in rng.integers(0, 2**64, 2, np.uint64))
    return first, second, 4 * int(rng.integers(2, 29)), row(rng)


def records_case(rng: Random) -> Args:
    """Records of any values, most of them good, and now and then one that isn't."""
    n = int(rng.integers(1, 4))
    bodies = np.frombuffer(rng.bytes(40 * n), BINARY).copy()
    bodies["seen_us"] %= 2**60
    bodies["bits"] = rng.choice([96, 96, 96, 8, 112], n)
    bodies["antenna"] %= 32_768
    if rng.random() < 0.3:
        name, value = [("seen_us", -1), ("bits", 98), ("bits", 128), ("bits", 4), ("antenna", 40_000)][rng.integers(5)]
        bodies[name][-1] = value
    if rng.random() < 0.5:
        bodies["rssi"], bodies["phase"], bodies["channel"], bodies["count"] = -32_768, 65_535, 0, 0
    return np.frombuffer(b"head" + bodies.tobytes() + W.PAD, np.uint8), 4, rows(n)


WIRE: dict[Callable[..., Any], tuple[Callable[..., Any], Callable[[Random], Args]]] = {
    T.word: (N.word, lambda r: (padded(one_of(r, HEXES, TIMES)), int(r.integers(8)))),
    T.byte: (N.byte, lambda r: (padded(one_of(r, HEXES, TIMES)), int(r.integers(8)))),
    T.blank: (N.blank, lambda r: (padded(one_of(r, BLANKS) + one_of(r, BLANKS) + "x"), 0)),
    T.plain: (N.plain, whole(TEXTS, HEXES, end='"')),
    T.digits: (N.digits, lambda r: (padded(one_of(r, NUMBERS)), 0, int(r.integers(19)), int(r.integers(2)))),
    T.number: (N.number, whole(NUMBERS)),
    V.eight_hex: (
        N.eight_hex,
        lambda r: (np.r_[r.choice(padded("09afAF@`gG/:x\x7f")[: 14 if r.random() < 0.3 else 6], 8)], 0),
    ),
    V.epc_hex: (N.epc_hex, lambda r: (padded(one_of(r, HEXES) + '"'), 0, row(r))),
    V.epc_base64: (N.epc_base64, lambda r: (padded(one_of(r, BASE64S) + '"'), 0, row(r))),
    V.end_epc: (
        N.end_epc,
        lambda r: (
            padded(one_of(r, ('"', "x"))),
            0,
            int(r.integers(31)),
            np.uint64(r.integers(9)),
            np.uint64(7),
            row(r),
        ),
    ),
    V.two_digits: (N.two_digits, lambda r: (padded(one_of(r, TIMES, NUMBERS)), int(r.integers(4)))),
    V.date_days: (N.date_days, whole(TIMES)),
    V.iso_text: (N.iso_text, whole(TIMES, end='"')),
    V.utc_end: (N.utc_end, whole(("Z", "+0000", "+00:00", "+00", "-0000", "+01:00", "+0001", ""), ("Z",), end='"')),
    J.forget: (N.forget, lambda r: (row(r),)),
    J.put_whole: (N.put_whole, lambda r: (row(r), int(r.integers(9)), int(r.integers(-1, 3)))),
    J.put_real: (
        N.put_real,
        lambda r: (row(r), int(r.integers(9)), float(r.choice([-1, -360, 360, 0, -1e-9, 359.9, -7]))),
    ),
    J.find_key: (N.find_key, key_case),
    J.take_number: (N.take_number, number_case),
    J.take_text: (N.take_text, text_case),
    J.take_value: (N.take_value, value_case),
    J.take_object: (N.take_object, object_case),
    J.take_rows: (N.take_rows, rows_case),
    J.take_column: (N.take_column, column_case),
    J.take_columns: (N.take_columns, columns_case),
    B.big_word: (N.big_word, lambda r: (padded(one_of(r, HEXES, TIMES)), int(r.integers(8)))),
    B.pair: (N.pair, lambda r: (padded(one_of(r, HEXES, TIMES)), int(r.integers(8)))),
    B.put_epc: (N.put_epc, bits_case),
    B.put_radio: (
        N.put_radio,
        lambda r: (*(int(v) for v in r.choice([0, 1, 0x8000, 0xFFFF, 35_999, 36_000], 3)), row(r)),
    ),
    B.take_records: (N.take_records, records_case),
}
