"""Words that all versions share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, get_args, get_type_hints

from stationmaster.domain.commands import Answer, OutcomeWord
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

T = TypeVar("T")

_OUTCOMES: dict[str, OutcomeWord] = {
    "Accepted": "accepted",
    "Rejected": "rejected",
    "Scheduled": "scheduled",
    "RebootRequired": "reboot_required",
    "NotSupported": "not_supported",
    "NotImplemented": "not_supported",
    "Unlocked": "unlocked",
    "UnlockFailed": "unlock_failed",
    "UnknownConnector": "unknown_connector",
    "OngoingAuthorizedTransaction": "session_ongoing",
    "UnknownComponent": "unknown_setting",
    "UnknownVariable": "unknown_setting",
    "NotSupportedAttributeType": "unknown_setting",
}


def answer(status: str, reason: str | None = None) -> Answer:
    """A status as an answer. `reason` is what the station says of it beside, as those of 2.x may."""
    outcome = _OUTCOMES.get(status)
    if outcome is None:
        return Answer("rejected", f"The charger has answered {status!r}.")
    meant = Answer(outcome)
    return meant if reason is None else Answer(outcome, f"{meant.words} It says: {reason}")


def refusal(code: str, description: str | None) -> Answer:
    """What a CALLERROR means. `InvalidAnswer` is our own word for an answer that cannot be read (RPC-17)."""
    if code in ("NotImplemented", "NotSupported"):
        return Answer("not_supported")
    if code == "InvalidAnswer":
        return Answer("invalid_answer", f"{description[0].upper()}{description[1:]}." if description else "")
    return Answer("error", f"The charger has answered with an error: {code}{f': {description}' if description else ''}")


def plain_answer(work: Work, station: Station, command: Any, request: Any, response: Any) -> Answer:
    """The answer that is only a status, which nobody needs to write a function for."""
    info = getattr(response, "status_info", None)
    return answer(response.status, None if info is None else info.additional_info or info.reason_code)


def is_plain(response: type[Any]) -> bool:
    """Whether all that this response can say is a status we have a word for."""
    status = get_type_hints(response).get("status")
    return status is not None and all(word in _OUTCOMES for word in get_args(status) or [""])


def portions(items: Sequence[T], size: int) -> list[list[T]]:
    """The items in lists of at most `size`."""
    return [list(items[start : start + size]) for start in range(0, len(items), max(1, size))]


def check_length(field: str, text: str, longest: int) -> None:
    """Raises `Invalid` for what this version has no room for."""
    if len(text) > longest:
        raise Invalid(field, f"this charger takes at most {longest} characters")
