"""The kernels of the scanner once more, slow and plain: regular expressions, Python's json, datetime and base64."""

import base64
import json
import re
import struct
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from core.columns import key_of
from core.model.columns import NO_ANTENNA, NO_CHANNEL_MHZ, NO_PHASE_DEG, UNHEARD_DBM
from core.wire import records
from core.wire.records import REFUSED

W = records
Text = npt.NDArray[np.uint8]
WHOLE_FIELDS = {
    W.SEEN: "raw_us",
    W.STAMP: "stamp_us",
    W.EVENT_NUM: "event_num",
    W.ANTENNA: "antenna",
    W.COUNT: "count",
}
PLAIN = rb"[ !#-\[\]-~]*"


class Number(str):
    """A number as it is written."""

    __slots__ = ()


class Members(list[Any]):
    """An object's names and values, in order."""


def match(pattern: bytes, text: Text, at: int) -> re.Match[bytes] | None:
    return re.compile(pattern).match(text.tobytes(), int(at))


def word(text: Text, at: int) -> Any:
    return np.uint64(int.from_bytes(text.tobytes()[at : at + 8], "little"))


def byte(text: Text, at: int) -> int:
    return text.tobytes()[at]


def blank(text: Text, at: int) -> int:
    found = match(rb"[ \t\n\r]*", text, at)
    assert found is not None
    return found.end()


def plain(text: Text, at: int) -> int:
    found = match(PLAIN + b'"', text, at)
    return found.end() if found else REFUSED


def digits(text: Text, at: int, stop: int, value: int) -> tuple[int, int]:
    found = match(b"[0-9]{0,%d}" % max(stop - at, 0), text, at)
    assert found is not None
    return int(f"{value}{found[0].decode()}"), found.end()


def number(text: Text, at: int) -> tuple[int, int, int]:
    found = match(rb"(-?)([0-9]{1,18})", text, at)
    if found is None or (found[2].startswith(b"0") and len(found[2]) > 1):
        return 0, 0, REFUSED
    whole, end, places = found[2], found.end(), b""
    if text[end] == ord("."):
        behind = match(b"[0-9]{1,%d}" % (18 - len(whole)), text, end + 1) if len(whole) < 18 else None
        if behind is None:
            return 0, 0, REFUSED
        places, end = behind[0], behind.end()
    value = int(whole + places)
    if found[1] and value == 0:
        return 0, 0, REFUSED
    return -value if found[1] else value, len(places), end


def eight_hex(text: Text, at: int) -> int:
    found = match(b"[0-9A-Fa-f]{8}", text, at)
    return int(found[0], 16) if found else REFUSED


def put_key(digits: str, read: Any) -> bool:
    if not 2 <= len(digits) <= 28:
        return False
    read["epc_hi"], read["epc_lo"] = key_of(digits.upper())
    return True


def epc_hex(text: Text, at: int, read: Any) -> int:
    found = match(b'([0-9A-Fa-f]*)"', text, at)
    return found.end() if found and put_key(found[1].decode(), read) else REFUSED


def epc_base64(text: Text, at: int, read: Any) -> int:
    found = match(b'((?:[A-Za-z0-9+/_-]{4})*)"', text, at)
    if found is None:
        return REFUSED
    raw = base64.b64decode(found[1].replace(b"-", b"+").replace(b"_", b"/"))
    return found.end() if put_key(raw.hex(), read) else REFUSED


def end_epc(text: Text, at: int, size: int, hi: Any, lo: Any, read: Any) -> int:
    if chr(text[at]) != '"' or not 2 <= size <= 28:
        return REFUSED
    key = (size << 120) + (int(hi) << 64) + int(lo)
    read["epc_hi"], read["epc_lo"] = key >> 64, key & (2**64 - 1)
    return at + 1


def two_digits(text: Text, at: int) -> int:
    found = match(b"[0-9]{2}", text, at)
    return int(found[0]) if found else 1_000_000


def date_days(text: Text, at: int) -> int:
    found = match(b"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, at)
    try:
        days = (date.fromisoformat(found[0].decode()) - date(1970, 1, 1)).days if found else REFUSED
    except ValueError:
        return REFUSED
    return days if days >= 0 else REFUSED


def iso_text(text: Text, at: int) -> tuple[int, int]:
    found = match(rb'(.{10}T..:..:..)(\.[0-9]{1,9})?(?:Z|\+0000|\+00:00)"', text, at)
    if found is None or date_days(text, at) == REFUSED:
        return 0, REFUSED
    try:
        seconds = datetime.fromisoformat(found[1].decode("latin-1")).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0, REFUSED
    micros = int((found[2] or b".0")[1:7].ljust(6, b"0"))
    return int(seconds) * 1_000_000 + micros, found.end()


def utc_end(text: Text, at: int) -> int:
    found = match(rb'(?:Z|\+0000|\+00:00)"', text, at)
    return found.end() if found else REFUSED


def forget(read: Any) -> None:
    nothing: dict[str, Any] = {"raw_us": -1, "stamp_us": -1, "event_num": -1, "epc_hi": 0, "epc_lo": 0, "count": 1}
    nothing |= {
        "antenna": NO_ANTENNA,
        "rssi_dbm": UNHEARD_DBM,
        "phase_deg": NO_PHASE_DEG,
        "channel_mhz": NO_CHANNEL_MHZ,
    }
    for name, value in nothing.items():
        read[name] = value


def put_whole(read: Any, field: int, value: int) -> None:
    if field in WHOLE_FIELDS:
        read[WHOLE_FIELDS[field]] = max(value, 1) if field == W.COUNT else value


def put_real(read: Any, field: int, value: float) -> None:
    level = np.float32(value)
    if field == W.RSSI:
        read["rssi_dbm"] = level
    if field == W.CHANNEL:
        read["channel_mhz"] = level
    if field == W.PHASE:
        read["phase_deg"] = level if level == NO_PHASE_DEG else np.mod(level, np.float32(360.0))


def name_of(key: Any) -> bytes:
    return np.array(key["name"]).tobytes()[: int(key["length"])]


def find_key(text: Text, at: int, keys: Any, scope: int, first: int) -> int:
    del first
    there = text.tobytes()[at:]
    found = [k for k in range(len(keys)) if keys[k]["scope"] == scope and there.startswith(name_of(keys[k]))]
    return found[0] if found else REFUSED


def put_value(value: Any, keys: Any, k: int, read: Any) -> bool:
    """Whether a value, as json has it, is what key k allows; then it is where it belongs."""
    key = keys[k]
    if value is None:
        return bool(key["nullable"])
    if isinstance(value, Number):
        return put_number(value, key, read)
    return isinstance(value, str) and put_text(value, keys, key, read)


def put_number(said: Number, key: Any, read: Any) -> bool:
    digits = re.sub(r"[-.]", "", said)
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", said) or len(digits) > 18 or (said[0] == "-" and not int(digits)):
        return False
    if key["kind"] == W.WHOLE and said.lstrip("-").isdigit() and key["low"] <= int(said) <= key["high"]:
        put_whole(read, int(key["field"]), int(said))
        return True
    if key["kind"] == W.REAL and int(digits) <= 2**53 and key["low"] <= float(said) <= key["high"]:
        put_real(read, int(key["field"]), float(said) / float(key["unit"]))
        return True
    return bool(key["kind"] == W.ANY)


def put_text(said: str, keys: Any, key: Any, read: Any) -> bool:
    quoted = np.frombuffer(f'{said}"'.encode("utf-8", "surrogatepass") + W.PAD, np.uint8)
    if key["kind"] == W.HEX:
        return epc_hex(quoted, 0, read) != REFUSED
    if key["kind"] == W.BASE64 and read["epc_hi"] == 0:
        return epc_base64(quoted, 0, read) != REFUSED
    if key["kind"] == W.TIME:
        us, end = iso_text(quoted, 0)
        put_whole(read, int(key["field"]), us)
        return end != REFUSED
    if key["kind"] == W.WORD:
        return f'"{said}"'.encode() in {name_of(one) for one in keys if one["scope"] == W.WORDS}
    return key["kind"] in {W.TEXT, W.ANY, W.BASE64}


def parse(text: Text, at: int) -> tuple[Any, int]:
    """The JSON that stands here, and where it ends; REFUSED if it is none, or holds an escape or more than ASCII."""
    decoder = json.JSONDecoder(object_pairs_hook=Members, parse_int=Number, parse_float=Number, parse_constant=complain)
    try:
        value, end = decoder.raw_decode(text.tobytes().decode("latin-1"), int(at))
    except ValueError:
        return None, REFUSED
    span = text.tobytes()[at:end]
    return (value, end) if re.fullmatch(rb"[ !#-\[\]-~\t\n\r\"]*", span) else (None, REFUSED)


def complain(name: str) -> None:
    raise ValueError(name)


def take_value(text: Text, at: int, keys: Any, k: int, read: Any) -> int:
    if match(b"[-0-9]", text, at):
        return take_number(text, at, keys[k], read)
    value, end = parse(text, at)
    return end if end != REFUSED and put_value(value, keys, k, read) else REFUSED


def take_text(text: Text, at: int, keys: Any, k: int, read: Any) -> int:
    return take_value(text, at, keys, k, read)


def take_number(text: Text, at: int, key: Any, read: Any) -> int:
    _, _, end = number(text, at)
    said = Number(text.tobytes()[at:end].decode())
    return end if end != REFUSED and put_value(said, [key], 0, read) else REFUSED


def put_members(members: Any, keys: Any, scope: int, seen: list[int], read: Any) -> bool:
    """Whether an object holds only what its keys allow; `seen` gathers them."""
    if not isinstance(members, Members) or not members:
        return False
    for name, value in members:
        k = find_key(np.frombuffer(f'"{name}"'.encode() + W.PAD, np.uint8), 0, keys, scope, 0)
        if k == REFUSED or k in seen:
            return False
        seen.append(k)
        if keys[k]["kind"] == W.INNER:
            if not put_members(value, keys, W.INSIDE, seen, read):
                return False
        elif not put_value(value, keys, k, read):
            return False
    return True


def put_object(members: Any, keys: Any, needed: int, read: Any) -> bool:
    forget(read)
    seen: list[int] = []
    good = put_members(members, keys, W.OUTSIDE, seen, read)
    if read["raw_us"] == -1:
        read["raw_us"] = read["stamp_us"]
    missing = [k for k in range(len(keys)) if needed >> k & 1 and k not in seen]
    return good and not missing and bool(read["epc_hi"] != 0)


def take_object(text: Text, at: int, keys: Any, needed: int, read: Any) -> int:
    members, end = parse(text, at - 1)
    return end if end != REFUSED and put_object(members, keys, needed, read) else REFUSED


def take_rows(text: Text, at: int, keys: Any, needed: int, reads: Any) -> tuple[int, int]:
    items, end = parse(text, at)
    if isinstance(items, Members):
        items = [items]
    if end == REFUSED or not isinstance(items, list) or not 1 <= len(items) <= len(reads):
        return 0, REFUSED
    good = [put_object(item, keys, needed, reads[i]) for i, item in enumerate(items)]
    return (len(items), end) if all(good) else (0, REFUSED)


def take_column(text: Text, at: int, keys: Any, k: int, fresh: bool, reads: Any) -> tuple[int, int]:
    values, end = parse(text, at)
    if end == REFUSED or not put_column(values, keys, k, fresh, reads):
        return 0, REFUSED
    return len(values), end


def put_column(values: Any, keys: Any, k: int, fresh: bool, reads: Any) -> bool:
    if not isinstance(values, list) or isinstance(values, Members) or not 1 <= len(values) <= len(reads):
        return False
    for i, value in enumerate(values):
        if fresh:
            forget(reads[i])
        if not put_value(value, keys, k, reads[i]):
            return False
    return True


def take_columns(text: Text, at: int, keys: Any, needed: int, reads: Any) -> tuple[int, int]:
    members, end = parse(text, at)
    if end == REFUSED or not isinstance(members, Members) or not members:
        return 0, REFUSED
    seen: list[int] = []
    for name, values in members:
        k = find_key(np.frombuffer(f'"{name}"'.encode() + W.PAD, np.uint8), 0, keys, W.OUTSIDE, 0)
        if k == REFUSED or k in seen or not put_column(values, keys, k, not seen, reads):
            return 0, REFUSED
        seen.append(k)
    lengths = {len(values) for _, values in members}
    if len(lengths) > 1 or any(needed >> k & 1 and k not in seen for k in range(len(keys))):
        return 0, REFUSED
    return lengths.pop(), end


def big_word(text: Text, at: int) -> Any:
    return np.uint64(int.from_bytes(text.tobytes()[at : at + 8], "big"))


def pair(text: Text, at: int) -> int:
    return int.from_bytes(text.tobytes()[at : at + 2], "little")


def put_epc(first: Any, second: Any, bits: int, read: Any) -> None:
    read["epc_hi"], read["epc_lo"] = key_of(f"{int(first) << 64 | int(second):032X}"[: bits // 4])


def put_radio(rssi: int, phase: int, channel: int, read: Any) -> None:
    if rssi != 0x8000:
        read["rssi_dbm"] = np.float32(np.uint16(rssi).astype(np.int16)) * np.float32(0.01)
    if phase != 0xFFFF:
        read["phase_deg"] = np.mod(np.float32(phase) * np.float32(0.01), np.float32(360.0))
    if channel != 0:
        read["channel_mhz"] = np.float32(np.uint32(channel)) * np.float32(0.001)


def take_records(text: Text, at: int, reads: Any) -> int:
    for read in reads:
        raw = text.tobytes()[at : at + 40]
        (seen_us,), (first, second) = struct.unpack("<q", raw[:8]), struct.unpack(">QQ", raw[8:24])
        bits, antenna, rssi, phase, channel, count, _ = struct.unpack("<HHHHIHH", raw[24:])
        if not 0 <= seen_us <= 2**62 or antenna > 32_767 or not 8 <= bits <= 112 or bits % 4:
            return REFUSED
        forget(read)
        read["raw_us"], read["antenna"], read["count"] = seen_us, antenna, max(count, 1)
        put_epc(first, second, bits, read)
        put_radio(rssi, phase, channel, read)
        at += 40
    return at
