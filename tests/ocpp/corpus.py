"""The corpus of RPC-20: frames as nobody should send them, the same ones for the same seed.

    frames("ocpp1.6", seed=1, count=10_000)

Most are valid frames of the version with something done to them: to the payload (as the schema sees it), to the frame
around it, or to the bytes. The rest are frames of other versions and random bytes. They may come out valid by chance.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from stationmaster.ocpp.dialects import DIALECTS
from stationmaster.ocpp.errors import Defect
from tests.ocpp import payloads


def frames(subprotocol: str, seed: int, count: int) -> Iterator[bytes]:
    """`count` frames for a station of that version, all different for each seed and the same each time."""
    chance = random.Random(f"{subprotocol} {seed}")
    for number in range(count):
        kind, *_ = chance.choices(list(KINDS), weights=list(KINDS.values()))
        yield kind(subprotocol, f"{seed}-{number}", chance)


def _payload(subprotocol: str, chance: random.Random) -> tuple[str, dict[str, Any]]:
    """An action that stations send (seldom: one that they don't), with a payload in order."""
    dialect = DIALECTS[subprotocol]
    actions = dialect.from_station if chance.random() < 0.9 else dialect.from_csms
    action = chance.choice(sorted(actions))
    return action, payloads.valid(payloads.schemas(subprotocol)[action], chance, chance.choice([0, 0.4, 1]))


def _valid(subprotocol: str, message_id: str, chance: random.Random) -> bytes:
    action, payload = _payload(subprotocol, chance)
    return _json([2, message_id, action, payload])


def _bad_payload(subprotocol: str, message_id: str, chance: random.Random) -> bytes:
    action, payload = _payload(subprotocol, chance)
    for _ in range(chance.randint(1, 4)):
        payload = payloads.mutated(payload, chance)
    return _json([2, message_id, action, payload])


def _bad_frame(subprotocol: str, message_id: str, chance: random.Random) -> bytes:
    """The right elements in the wrong number, order or type."""
    action, payload = _payload(subprotocol, chance)
    frame: list[Any] = [2, message_id, action, payload]
    for _ in range(chance.randint(1, 2)):
        match chance.randrange(5):
            case 0:
                del frame[chance.randrange(len(frame) + 1) :]
            case 1:
                frame.append(chance.choice(STRANGE))
            case 2 if frame:
                frame[chance.randrange(len(frame))] = chance.choice(STRANGE)
            case 3:
                chance.shuffle(frame)
            case _:
                frame[:1] = [chance.choice([0, 1, 2, 3, 4, 5, 6, 7, -2, 2.0, "2", None, 10**12])]
    return _json(frame if chance.random() < 0.95 else {"frame": frame})


def _bad_value(subprotocol: str, message_id: str, chance: random.Random) -> bytes:
    """A payload with a value at or beyond the limits of form (RPC-23), as text because no JSON writer would write it."""
    action, _ = _payload(subprotocol, chance)
    value = chance.choice(EXTREME)(chance)
    return b'[2,"%b","%b",{"%b":%b}]' % (message_id.encode(), action.encode(), chance.choice(NAMES), value)


def _bad_bytes(subprotocol: str, message_id: str, chance: random.Random) -> bytes:
    """A valid frame with bytes lost, repeated, swapped or replaced."""
    data = bytearray(_valid(subprotocol, message_id, chance))
    for _ in range(chance.choice([1, 1, 2, 8])):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                del data[place : place + chance.choice([1, 1, 2, 40])]
            case 1:
                data[place:place] = data[: chance.randrange(1, 20)]
            case 2:
                data[place : place + 1] = bytes([chance.randrange(256)])
            case 3:
                data[place:place] = chance.choice(
                    [b",", b'"', b"}", b"]", b"{", b"[", b"\\", b"\x00", b"\\u12", b"\xf0\x9f"]
                )
            case _:
                del data[place:]
    return bytes(data)


def _another_version(subprotocol: str, message_id: str, chance: random.Random) -> bytes:
    others = sorted(set(DIALECTS) - {subprotocol})
    return _bad_payload(chance.choice(others), message_id, chance)


def _answer(subprotocol: str, message_id: str, chance: random.Random) -> bytes:
    """Answers to questions that nobody asked, some of them out of order."""
    action, payload = _payload(subprotocol, chance)
    frame = chance.choice([
        [3, message_id, payload],
        [3, message_id, [payload]],
        [3, message_id],
        [4, message_id, "GenericError", "", {}],
        [4, message_id, 7],
        [4, message_id, "NoSuchCode", "x" * 300, payload],
        [5, message_id, "GenericError", "", {}],
        [6, message_id, action, payload],
    ])  # fmt: skip
    return _json(frame)


def _random(subprotocol: str, message_id: str, chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice([0, 1, 2, 16, 200, 2_000]))


KINDS: dict[Callable[[str, str, random.Random], bytes], int] = {
    _valid: 5,
    _bad_payload: 40,
    _bad_frame: 15,
    _bad_value: 10,
    _bad_bytes: 15,
    _another_version: 5,
    _answer: 5,
    _random: 5,
}
REACHED = [
    Defect.FRAME, Defect.FORMAT, Defect.UNKNOWN_ACTION, Defect.PROTOCOL, Defect.OCCURRENCE, Defect.TYPE, Defect.PROPERTY,
]  # fmt: skip
"""The defects that some frame of the corpus has."""

STRANGE: list[Any] = [None, True, 0, 2, -1, 1.5, "", "x", "x" * 37, "x" * 5_000, [], [[]], {}, {"a": 1}, "NoSuchAction"]

NAMES = [
    b"idTag",
    b"connectorId",
    b"meterValue",
    b"timestamp",
    b"customData",
    b"data",
    b"status",
    b"\\u0000",
    b"__class__",
]

EXTREME: list[Callable[[random.Random], bytes]] = [
    lambda chance: b"[" * (depth := chance.choice([20, 31, 32, 200, 5_000])) + b"]" * depth,
    lambda chance: b'{"a":' * (depth := chance.choice([20, 31, 32, 200, 5_000])) + b"0" + b"}" * depth,
    lambda chance: b"[" * chance.choice([1, 100, 20_000]),
    lambda chance: b"9" * chance.choice([19, 20, 32, 33, 5_000]),
    lambda chance: b"-0." + b"3" * chance.choice([10, 31, 32, 4_000]),
    lambda chance: chance.choice([b"1e400", b"-1e400", b"1e-400", b"1E+9999999", b"NaN", b"Infinity", b"-Infinity", b"0x1F", b"01"]),
    lambda chance: b'{"a":1,"a":2}',
    lambda chance: b'{"a":1,"\\u0061":2}',
    lambda chance: b'"' + chance.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\\ud800", b"\\u0000", b"\x01"]) + b'"',
    lambda chance: b'"' + chance.choice([b"<script>alert(1)</script>", b"=cmd|'/c calc'!A1", b"' OR 1=1--", b"{{7*7}}", b"%s%n", b"../../x"]) + b'"',
    lambda chance: b'"' + "😀".encode() * chance.choice([1, 255, 10_000]) + b'"',
    lambda chance: b'{"vendorId":"v","x":' * 10 + b"null" + b"}" * 10,
]  # fmt: skip


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
