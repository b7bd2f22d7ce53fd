"""What chargers of the field do wrong, each by a name: `stationmaster simulate CP1 --quirk null-payload`.

A quirk changes what a station says, not what it does: meter, queue and journal stay true, so that a test can compare.
Those that change how it behaves have no function here; they are asked for by name where that is done (station.py, charger.py).
"""

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from stationmaster.ocpp import frames
from stationmaster.ocpp.messages import now_text, parse_time
from stationmaster.simulator.journal import Payload

Change = Callable[[str, Payload], Payload]

FIRST_ID = 1_000_000
LATE_ANSWER_S = 35.0
NEVER_SET = timedelta(days=20_454)  # 56 years
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class Quirk:
    """One sentence for people, and how it changes the payload of a CALL, if that is what it does."""

    sentence: str
    change: Change | None = None


class Quirks:
    """The quirks of one station. Raises ValueError for a name that is none."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = frozenset(names)
        if strange := self.names - QUIRKS.keys():
            raise ValueError(f"There is no quirk {min(strange)!r}; there are {', '.join(QUIRKS)}.")
        self._changes = [quirk.change for name, quirk in QUIRKS.items() if name in self.names and quirk.change]
        self._last_id = FIRST_ID - 1

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def connected(self) -> None:
        """A new connection has been made."""
        self._last_id = FIRST_ID - 1

    def new_id(self) -> str:
        """The id of the next message."""
        if "ids-restart" not in self.names:
            return f"{random.getrandbits(96):024x}"
        self._last_id += 1
        return str(self._last_id)

    def call(self, message_id: str, action: str, payload: Payload) -> bytes:
        """A CALL as this station writes it."""
        for change in self._changes:
            payload = change(action, payload)
        return self._written(frames.CALL, message_id, payload, action)

    def result(self, message_id: str, response: msgspec.Struct) -> bytes:
        """A CALLRESULT as this station writes it."""
        return self._written(frames.CALL_RESULT, message_id, msgspec.to_builtins(response))

    def _written(self, number: int, message_id: str, payload: Payload, *action: str) -> bytes:
        content = None if not payload and "null-payload" in self.names else payload
        data = _encoder.encode((number, message_id, *action, content))
        return data[:-1] + b",]" if "broken-json" in self.names else data


def _everywhere(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """The same with each text, number and truth changed by its name."""
    if isinstance(value, dict):
        return {key: _everywhere(each, change, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_everywhere(each, change, name) for each in value]
    return change(name, value)


def _wrong_types(action: str, payload: Payload) -> Payload:
    def change(name: str, value: Any) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        if name == "value" and isinstance(value, str):
            return float(value)
        return value

    changed: Payload = _everywhere(payload, change)
    return changed


def _no_zone(action: str, payload: Payload) -> Payload:
    changed: Payload = _everywhere(payload, lambda _, value: value[:-1] if _is_time(value) else value)
    return changed


def _never_set(action: str, payload: Payload) -> Payload:
    def change(_: str, value: Any) -> Any:
        at = parse_time(value) if _is_time(value) else None
        return value if at is None else now_text(at - NEVER_SET)

    changed: Payload = _everywhere(payload, change)
    return changed


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def _strange_words(action: str, payload: Payload) -> Payload:
    words = {"A": "Amp", "V": "Volt", "NoError": "Mode3Error", "Sample.Periodic": "Sample.Sometimes"}
    names = ("unit", "errorCode", "context")
    changed: Payload = _everywhere(payload, lambda name, value: words.get(value, value) if name in names else value)
    return changed


def _empty_texts(action: str, payload: Payload) -> Payload:
    if action != "BootNotification":
        return payload
    if "chargingStation" in payload:
        return {**payload, "chargingStation": {**payload["chargingStation"], "modem": {"iccid": "", "imsi": ""}}}
    return {**payload, "iccid": "", "imsi": "", "meterType": "", "meterSerialNumber": ""}


def _long_serial(action: str, payload: Payload) -> Payload:
    def change(name: str, value: Any) -> Any:
        return f"{value}-{'0123456789' * 3}" if name in ("chargePointSerialNumber", "serialNumber") else value

    changed: Payload = _everywhere(payload, change)
    return changed


def _zeros_for_nothing(action: str, payload: Payload) -> Payload:
    if action == "MeterValues" and "transactionId" in payload:
        return {**payload, "transactionId": 0}
    if action in ("StartTransaction", "TransactionEvent") and "reservationId" not in payload:
        return {**payload, "reservationId": 0}
    return payload


def _own_fields(action: str, payload: Payload) -> Payload:
    return {**payload, "vendorInfo": {"rssi": -67}}


QUIRKS: dict[str, Quirk] = {
    "null-payload": Quirk("Writes null where a message has nothing to say."),
    "broken-json": Quirk("Puts a comma too many at the end of each message."),
    "ids-restart": Quirk("Numbers its messages anew on each connection, from 1000000."),
    "no-boot": Quirk("Introduces itself only when it is asked to."),
    "late-answers": Quirk("Takes 35 seconds for the answer to a command."),
    "no-answers": Quirk("Never answers a command."),
    "duplicate-transaction-events": Quirk("Tells twice of all that happens in a transaction."),
    "late-readings": Quirk("Tells each reading only after what came next, the last one after the end."),
    "wrong-types": Quirk("Writes numbers as texts, and the texts of readings as numbers.", _wrong_types),
    "no-zone": Quirk("Writes times without a zone.", _no_zone),
    "clock-never-set": Quirk("Its clock was never set: all its times are 56 years old.", _never_set),
    "strange-words": Quirk("Has units, contexts and error codes of its own.", _strange_words),
    "empty-texts": Quirk("Introduces itself with empty texts for what it does not know.", _empty_texts),
    "long-serial": Quirk("Has a serial number longer than the specification allows.", _long_serial),
    "zeros-for-nothing": Quirk("Writes the number 0 where there is no reservation or transaction.", _zeros_for_nothing),
    "own-fields": Quirk("Adds a field of its maker's to each message.", _own_fields),
    "ignores-limits": Quirk("Accepts every limit, and draws as before."),
    "waits-for-remote-start": Quirk("Begins no session for a card that was accepted; it waits for a start from afar."),
    "firmware-fails": Quirk("Downloads new firmware, and fails to install it."),
}
"""All of them. Reports of each are in the field: the names say what was seen, not at whom."""
