"""Words that all versions share."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar, get_args, get_type_hints

import msgspec

from stationmaster.domain import certificate_requests, commands, firmware, logs, metering, sessions
from stationmaster.domain.commands import Answer, Asked, OutcomeWord
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.metering import Reading, Sample
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant, instant
from stationmaster.ocpp.messages import parse_time
from stationmaster.storage import Work

T = TypeVar("T")
S = TypeVar("S", bound="SampledValue")

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
    "UnsupportedMonitorType": "not_supported",
    "EmptyResultSet": "nothing_found",
    "Duplicate": "exists_already",
    "NotFound": "not_found",
}


def listed(told: str | None) -> list[str]:
    """The items of a list in a setting; some stations put quotes or blanks around them."""
    items = [item.strip(" \t\"'") for item in (told or "").split(",")]
    return [item for item in items if item]


def answer(status: str, reason: str | None = None) -> Answer:
    """A status as an answer. `reason` is what the station says of it beside, as those of 2.x may."""
    outcome = _OUTCOMES.get(status)
    if outcome is None:
        return Answer("rejected", f"The charger has answered {status!r}.")
    return Answer(outcome, with_reason(Answer(outcome).words, reason))


def with_reason(sentence: str, reason: str | None) -> str:
    """A sentence, and what the station says beside."""
    return sentence if reason is None else f"{sentence} It says: {reason}"


def list_answer(name: str, found: Sequence[Any], none: str) -> Answer:
    """The items a charger says that it has; `none` is the sentence when it has none."""
    return Answer("accepted", f"The charger has told of {len(found)}." if found else none, {name: found})


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


def is_signed(signature: str | None, wanted: bool | None) -> bool:
    """Whether the charger is to check who made a firmware. Raises `Conflict` when there is nothing to check."""
    if wanted and signature is None:
        raise Conflict("this firmware was uploaded without its maker's signature")
    return signature is not None and wanted is not False


_NOT_UPDATED = {
    "Rejected": "The charger has refused the update.",
    "InvalidCertificate": "The charger says that the certificate of the maker is not valid.",
    "RevokedCertificate": "The charger says that the certificate of the maker was revoked.",
}


def update_answer(work: Work, station: Station, request_id: int, status: str, info: str | None = None) -> Answer:
    """What a charger says when it is asked to update its firmware, and can say no."""
    if status in ("Accepted", "AcceptedCanceled"):
        firmware.accepted(work, station, request_id)
        return Answer("accepted")
    sentence = with_reason(_NOT_UPDATED.get(status, f"The charger has answered {status!r}."), info)
    firmware.refused(work, station, request_id, sentence)
    return Answer("rejected", sentence)


def log_answer(
    work: Work, station: Station, request_id: int, status: str, name: str | None, info: str | None = None
) -> Answer:
    """What a charger says when it is asked for a log, and can say no."""
    if status in ("Accepted", "AcceptedCanceled"):
        logs.accepted(work, station, request_id, name=name, replaces=status == "AcceptedCanceled")
        return Answer("accepted", data=None if name is None else {"file": name})
    meant = answer(status, info)
    logs.refused(work, station, request_id, meant.words)
    return meant


_NOT_TAKEN = {
    "UnknownVendorId": "The charger knows no such vendor.",
    "UnknownMessageId": "The charger knows no such message of this vendor.",
}


def data_answer(status: str, data: Any, info: str | None = None) -> Answer:
    """What a charger says to data of its maker's own kind, with what it sends back."""
    meant = Answer("not_supported", _NOT_TAKEN[status]) if status in _NOT_TAKEN else answer(status, info)
    return meant if data is None else msgspec.structs.replace(meant, data={"data": data})


class CertificateHash(Protocol):
    """How every version names a certificate."""

    @property
    def hash_algorithm(self) -> str: ...
    @property
    def issuer_name_hash(self) -> str: ...
    @property
    def issuer_key_hash(self) -> str: ...
    @property
    def serial_number(self) -> str: ...


def certificates_told(told: Sequence[tuple[str, CertificateHash]]) -> Answer:
    """The certificates a charger says that it has, each with its use in our words."""
    names = ("hash_algorithm", "issuer_name_hash", "issuer_key_hash", "serial_number")
    found = [{"use": use} | {name: getattr(each, name) for name in names} for use, each in told]
    return list_answer("certificates", found, "The charger has no such certificate.")


def certificate_answer(status: str, info: str | None = None) -> Answer:
    """What a charger says when a certificate is to be installed or removed."""
    if status != "Failed":
        return answer(status, info)
    return Answer("rejected", with_reason("The charger has tried, and could not do it.", info))


def given_certificate(
    work: Work, station: Station, command: commands.GiveCertificate, asked: Asked, status: str, info: str | None = None
) -> Answer:
    """What a charger says to the certificate that it has asked for."""
    meant = answer(status, info)
    row = certificate_requests.given(work, station, command.request, command.chain)
    if row is not None:
        certificate_requests.answered(
            work, station, row, accepted=meant.good, sentence=meant.words, command=asked.command
        )
    return meant


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
        raise Invalid(field, "this charger takes at most {longest} characters", longest=longest)


def spread(interval_s: int) -> int:
    """±10 %, so that stations that booted together do not beat together (CON-23)."""
    return round(interval_s * random.uniform(0.9, 1.1))


def moment(work: Work, text: str | None) -> Instant:
    """The station's time, as far as it is believable."""
    return instant(text, parse_time(text), work.now)


def keep(
    work: Work,
    station: Station,
    told: Moment,
    *,
    evse: int,
    transaction_id: str | None,
    live: bool = True,
    session_id: int | None = None,
    evse_told: int | None = None,
) -> None:
    """Record the samples of one moment (`metering.record`); what came in a unit that nobody knows is said of its session."""
    metering.record(
        work,
        station,
        evse=evse,
        transaction_id=transaction_id,
        taken=told.taken,
        samples=told.samples,
        raw=told.raw,
        live=live,
        session_id=session_id,
        evse_told=evse_told,
        value=told.reading,
    )
    if told.reading.unread:
        sessions.not_read(work, station, session_id=session_id, transaction_id=transaction_id, evse=evse)


class SampledValue(Protocol):
    """What tells the samples of one moment apart, in every version."""

    @property
    def measurand(self) -> str | None: ...
    @property
    def phase(self) -> str | None: ...
    @property
    def context(self) -> str | None: ...
    @property
    def location(self) -> str | None: ...


class Moment(NamedTuple):
    """The samples of one moment: when they were taken, in our words, as they came, and what they say."""

    taken: Instant
    samples: list[Sample]
    raw: bytes
    reading: Reading


_encode = msgspec.json.Encoder().encode


def _moment(taken: Instant, samples: list[Sample], told: list[Any]) -> Moment:
    return Moment(taken, samples, _encode(told), metering.reading(samples))


def moments(
    work: Work,
    values: Sequence[tuple[str | None, list[S]]],
    samples: Callable[[Sequence[S]], list[Sample]],
    at: Instant | None = None,
) -> list[Moment]:
    """What was told, moment by moment; `samples` turns one version's words into ours. `at` is the time of the message itself, which
    is often that of its values.

    Some chargers tell one moment in several elements (E6); they belong together as long as no sample comes twice. One that
    does begins another moment: a charger without a clock gives all of its values one time.
    """
    if len(values) == 1:
        [(text, told)] = values
        taken = at if at is not None and at.text == text else moment(work, text)
        return [_moment(taken, samples(told), told)]
    gathered: list[tuple[Instant, list[S], set[object]]] = []
    open_at: dict[object, int] = {}
    for text, told in values:
        taken = moment(work, text)
        names: set[object] = {(one.measurand, one.phase, one.context, one.location) for one in told}
        known = open_at.get(taken.told or taken.text)
        if known is not None and gathered[known][2].isdisjoint(names):
            gathered[known][1].extend(told)
            gathered[known][2].update(names)
        else:
            open_at[taken.told or taken.text] = len(gathered)
            gathered.append((taken, list(told), names))
    return [_moment(taken, samples(told), told) for taken, told, _ in gathered]
