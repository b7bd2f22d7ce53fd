"""Messages that are refused: what a charger is told of it, what we keep, and when a person is told.

A refusal names the field, what was expected and what came (`OcppError.explained`) in the log, in the message log and on the
charger's page. The answer to the charger repeats nothing of what it sent (RPC-03).
"""

from __future__ import annotations

import time

import msgspec

from stationmaster.domain import quarantine
from stationmaster.domain.exchanges import Exchange
from stationmaster.domain.stations import Station
from stationmaster.gateway import units
from stationmaster.ocpp.dialects import Dialect
from stationmaster.ocpp.errors import Defect, OcppError

KEPT = 16 * 1024
"""Bytes of a refused frame that the message log keeps."""
AGAIN = 3
"""So many refusals of one kind are "again and again"."""
HINT_S = 3600.0
"""The hint on a charger's page is brought up to date once in this time."""
MAX_KINDS = 20
GATHERED = frozenset({"MeterValues"})
"""Refused for the same reason all day long, and each worth little alone: one entry in the quarantine stands for all of a day."""


class Hints:
    """How often a charger was refused, and for what: a charger that is refused again and again is one open hint, not a flood."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}

    def refused(self, kind: str, explained: str) -> str | None:
        """The hint to raise now, if any. `kind` is what makes two refusals the same."""
        count, hinted_at = self._counts.pop(kind, (0, 0.0))
        count += 1
        now = time.monotonic()
        due = count >= AGAIN and (not hinted_at or now - hinted_at > HINT_S)
        self._counts[kind] = count, now if due else hinted_at
        if len(self._counts) > MAX_KINDS:
            del self._counts[next(iter(self._counts))]
        return f"refused {count} times: {explained}" if due else None


def refusal(
    dialect: Dialect,
    station: Station,
    hints: Hints,
    *,
    message_id: str,
    action: str,
    data: bytes,
    error: OcppError,
    kept: int = KEPT,
) -> units.Refused:
    """What is kept of a message that is refused."""
    code = dialect.error_code(error.defect)
    remarks = (error.explained, *units.cut(len(data), kept))
    exchange = Exchange("in", message_id, action, units.text_of(data, kept), None, code, remarks=remarks)
    hint = hints.refused(f"{action} {code} {error.where}", f"{action or 'a frame'}: {code}: {error.explained}")
    if action not in dialect.transaction_messages:
        return units.Refused(station, exchange, hint=hint)
    key = ""
    if action in GATHERED:
        key = quarantine.key_of(
            f"{action} {code} {error.where} {error.description} {time.strftime('%Y-%m-%d', time.gmtime())}"
        )
    return units.Refused(
        station,
        exchange,
        quarantine=f"{code}: {error.explained}",
        content=units.text_of(data, len(data)),
        content_key=key,
        hint=hint,
    )


def too_long(dialect: Dialect, station: Station, hints: Hints, head: bytes, *, limit: int) -> units.Refused:
    """What is kept of a message beyond the limit: its head, for a person if it tells of a transaction (L4)."""
    came = f"more than {len(head) - 1:,} bytes"
    error = OcppError(Defect.FORMAT, f"a message may have {limit:,} bytes", came=came)
    start = head[: KEPT * 4]
    action = action_named_in(dialect, start[:1024])
    kept = refusal(dialect, station, hints, message_id="", action=action, data=start, error=error)
    hint = f"a message was longer than {limit:,} bytes, and was lost but for its beginning: {action or 'unknown'}"
    return msgspec.structs.replace(kept, hint=hint, hint_kind="too_long")


def set_aside(told: units.Told, data: bytes, error: BaseException, *, failures: int) -> units.Refused:
    """What is kept of a message that was in order and has failed here, so many times by now (A3)."""
    why = type(error).__name__
    exchange = Exchange(
        "in",
        told.message_id,
        told.action,
        units.text_of(told.content, told.kept),
        None,
        "InternalError",
        None,
        (f"failed here for the {failures}. time: {why}",),
    )
    key = quarantine.key_of(told.content.decode())
    return units.Refused(told.station, exchange, f"failed here: {why}", units.text_of(data, len(data)), key)


def action_named_in(dialect: Dialect, data: bytes) -> str:
    """The transaction message that a frame which cannot be read seems to be; empty when it names none."""
    return next((name for name in dialect.transaction_messages if f'"{name}"'.encode() in data), "")
