"""2.x words to ours and back. A setting is written `Component/Variable`, in full `Component(instance)#evse#connector/Variable(instance)`:
none of these signs can be in a name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

import msgspec

from stationmaster.domain import commands, metering, sessions, station_settings, tokens
from stationmaster.domain.commands import CommandRow
from stationmaster.domain.connector_states import State
from stationmaster.domain.costs import Cost
from stationmaster.domain.errors import Invalid
from stationmaster.domain.metering import Sample
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.domain.tokens import Authorization
from stationmaster.handlers.words import Moment
from stationmaster.handlers.words import answer as answer
from stationmaster.handlers.words import check_length as check_length
from stationmaster.handlers.words import keep as keep
from stationmaster.handlers.words import list_answer as list_answer
from stationmaster.handlers.words import moment as moment
from stationmaster.handlers.words import moments as gathered
from stationmaster.handlers.words import portions as portions
from stationmaster.handlers.words import spread as spread
from stationmaster.handlers.words import with_reason as with_reason
from stationmaster.ocpp import v21, v201
from stationmaster.ocpp.messages import now_text
from stationmaster.storage import Work

MAX_NUMBER = 2**31 - 1
MAX_SEQUENCE = 2**63 - 1
MAX_TOKEN = 255  # of an idToken in 2.1
MAX_TRANSACTION_ID = 255
LONGEST_TOKEN = {"2.0.1": 36, "2.1": MAX_TOKEN}
NEAR_S = 60  # a reading so near to the begin or the end of a transaction is its register then

_STATES: dict[str, State] = {
    "Available": "available",
    "Occupied": "occupied",
    "Reserved": "reserved",
    "Unavailable": "unavailable",
    "Faulted": "faulted",
}
_KINDS: dict[str, Literal["started", "updated", "ended"]] = {
    "Started": "started",
    "Updated": "updated",
    "Ended": "ended",
}
_CHARGING_STATES = {
    "Idle": "idle",
    "EVConnected": "connected",
    "Charging": "charging",
    "SuspendedEV": "suspended_by_car",
    "SuspendedEVSE": "suspended_by_charger",
}
_REASONS = {
    "DeAuthorized": "deauthorized",
    "EmergencyStop": "emergency_stop",
    "EnergyLimitReached": "energy_limit",
    "EVDisconnected": "car_disconnected",
    "GroundFault": "ground_fault",
    "ImmediateReset": "hard_reset",
    "Local": "local",
    "LocalOutOfCredit": "out_of_credit",
    "MasterPass": "master_pass",
    "OvercurrentFault": "overcurrent",
    "PowerLoss": "power_loss",
    "PowerQuality": "power_quality",
    "Reboot": "reboot",
    "Remote": "remote",
    "SOCLimitReached": "charge_limit",
    "StoppedByEV": "car_stopped",
    "TimeLimitReached": "time_limit",
    "Timeout": "timed_out",
}
_AUTHORIZATION: dict[str, v201.AuthorizationStatusEnumType] = {
    "accepted": "Accepted",
    "blocked": "Blocked",
    "expired": "Expired",
    "unknown": "Unknown",
    "no_credit": "NoCredit",
}

_NAME = re.compile(
    r"([^#()/]{1,50})(?:\(([^()]{1,50})\))?(?:#(\d{1,9})(?:#(\d{1,9}))?)?/([^#()/]{1,50})(?:\(([^()]{1,50})\))?"
)


def component_and_variable(field: str, name: str) -> tuple[v201.ComponentType, v201.VariableType]:
    """Of a setting's name. Raises `Invalid` when it is none."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise Invalid(field, "{name!r} is no setting of this charger; they are written Component/Variable", name=name)
    component, its_instance, evse, connector, variable, instance = found.groups()
    where = None
    if evse is not None:
        where = v201.EVSEType(id=int(evse), connector_id=None if connector is None else int(connector))
    return (
        v201.ComponentType(name=component, instance=its_instance, evse=where),
        v201.VariableType(name=variable, instance=instance),
    )


def setting_name(component: v201.ComponentType, variable: v201.VariableType) -> str:
    evse = component.evse
    place = "" if evse is None else f"#{evse.id}" + (f"#{evse.connector_id}" if evse.connector_id is not None else "")
    return f"{component.name}{_instance(component.instance)}{place}/{variable.name}{_instance(variable.instance)}"


def _instance(name: str | None) -> str:
    return "" if name is None else f"({name})"


# Commands


def progress(
    work: Work,
    station: Station,
    request_id: int | None,
    status: str,
    failed: Collection[str] = (),
    *,
    done: str | None = None,
    sentences: Mapping[str, str] | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """How far something is that we have asked for; nothing where nobody has. It ends with the status `done`, or with one of `failed`."""
    if request_id is None:
        return
    step = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).lower()  # `DownloadFailed` as `download_failed`
    ended: Literal["done", "failed"] | None = "done" if status == done else "failed" if status in failed else None
    sentence = None if sentences is None else sentences.get(status)
    commands.progress(work, station, request_id, step, data=data, ended=ended, sentence=sentence)


def part(
    work: Work, station: Station, request_id: int, *, more: bool | None, data: dict[str, Any] | None = None
) -> CommandRow | None:
    """A part of a report that we have asked for has come; it is whole when no more is to follow. Then this is what has asked.

    Where the parts are numbered, `commands.take_part` knows more.
    """
    if more:
        commands.progress(work, station, request_id, "reporting", data=data, sentence="The charger is reporting.")
        return None
    sentence = "The charger has reported."
    return commands.progress(work, station, request_id, commands.REPORTED, data=data, ended="done", sentence=sentence)


def reason(info: v201.StatusInfoType | None) -> str | None:
    """What the station says beside a status."""
    return None if info is None else info.additional_info or info.reason_code


def lacking(work: Work, station: Station, component: str) -> str | None:
    """A sentence when the station's own settings say that it lacks what this component stands for, or that it is off."""
    for variable in ("Available", "Enabled"):
        if (station_settings.value(work, station, f"{component}/{variable}") or "").lower() == "false":
            return f"Its setting {component}/{variable} is false."
    return None


def certificate_hash(named: commands.CertificateName | commands.DeleteCertificate) -> v201.CertificateHashDataType:
    """A certificate as chargers name it."""
    return v201.CertificateHashDataType(
        hash_algorithm=named.hash_algorithm,
        issuer_name_hash=named.issuer_name_hash,
        issuer_key_hash=named.issuer_key_hash,
        serial_number=named.serial_number,
    )


# Places


def state(status: str) -> State:
    """Our word for the status of a connector."""
    return _STATES.get(status, "unknown")


def place(number: int) -> int:
    """The number of an EVSE or a connector, cut to what the column holds: an absurd one must not keep a message from being stored."""
    return int(max(-MAX_NUMBER, min(number, MAX_NUMBER)))


def evse(told: v201.EVSEType | None) -> int | None:
    """Where a transaction is; None while that is not told. 0 would be the station itself, which charges nobody."""
    return place(told.id) if told is not None and told.id else None


def connector(told: v201.EVSEType | None) -> int | None:
    """Often not told, which is never the same as 1 (P-04)."""
    return None if told is None or not told.connector_id else place(told.connector_id)


# Cards


def card(token: v201.IdTokenType | None) -> str | None:
    """The token's text; None where there is none, or where it means that nobody is asked (C02, NoAuthorization)."""
    if token is None or token.type == "NoAuthorization":
        return None
    return token.id_token[:MAX_TOKEN] or None


def authorize(work: Work, station: Station, token: v201.IdTokenType) -> Authorization:
    """Whether this token may charge. The station asks nobody for a NoAuthorization, and must not be told no (C02.FR.03)."""
    if token.type == "NoAuthorization":
        return Authorization("accepted")
    return tokens.authorize_told(work, station, card(token), token.type)


def id_token(work: Work, station: Station, uid: str) -> v21.IdTokenType:
    """A token as the card that it is, so that what was asked for from here can be taken up at the charger. Raises `Invalid` for one
    that is too long for this version."""
    told = tokens.number_at(work, station, uid)
    check_length("token", told, LONGEST_TOKEN.get(station.version, 36))
    return v21.IdTokenType(id_token=told, type=tokens.kind_of(work, station, uid) or "Central")


def id_token_info(station: Station, authorization: Authorization) -> v201.IdTokenInfoType:
    message, remembered = authorization.message, authorization.cached_until or authorization.expires_at
    return v201.IdTokenInfoType(
        status=_AUTHORIZATION[authorization.status],
        group_id_token=group_token(station, authorization.group),
        cache_expiry_date_time=None if remembered is None else now_text(remembered),
        personal_message=None if message is None else v201.MessageContentType(format="UTF8", content=message),
    )


def with_price(info: v201.IdTokenInfoType, price: str | None) -> v201.IdTokenInfoType:
    """With what charging costs here, for the driver to read (I01)."""
    if price is None:
        return info
    return msgspec.structs.replace(info, personal_message=v201.MessageContentType(format="UTF8", content=price))


def group_token(station: Station, group: str | None) -> v201.IdTokenType | None:
    """Left out where it is too long for this version: cut, it could be the name of another group (P-06)."""
    if group is None or len(group) > LONGEST_TOKEN.get(station.version, 36):
        return None
    return v201.IdTokenType(id_token=group, type="Central")


# Transactions


def event_response(
    station: Station, kind: str, authorization: Authorization | None, cost: Cost | None, most: Decimal | None = None
) -> v201.TransactionEventResponse:
    """What a charger is told of its transaction: of the card whenever it has sent one (TX-25), of the cost whoever has ended it (P-02).

    `most` is what the session may cost by now, where that has to be told (2.1). In 2.0.1 the total belongs to the end alone; what a session costs on the way is told by CostUpdated.
    """
    if authorization is None and cost is None and most is None:
        return _NOTHING_TO_TELL
    tells = cost is not None and (kind == "ended" or station.version != "2.0.1")
    message = None if cost is None else cost.message
    response: type[v201.TransactionEventResponse] = v201.TransactionEventResponse
    more: dict[str, Any] = {}
    if most is None and authorization is not None:  # C17.FR.03: with the card, which is told once
        most = authorization.most
    if most is not None and kind != "ended" and station.version == "2.1":
        response = v21.TransactionEventResponse
        more = {"transaction_limit": v21.TransactionLimitType(max_cost=float(most))}
    return response(
        total_cost=float(cost.total) if cost is not None and tells else None,
        id_token_info=None if authorization is None else id_token_info(station, authorization),
        updated_personal_message=None if message is None else v201.MessageContentType(format="UTF8", content=message),
        **more,
    )


_NOTHING_TO_TELL = v201.TransactionEventResponse()


def kind(req: v201.TransactionEvent) -> Literal["started", "updated", "ended"]:
    """What is told of a transaction, even where the lenient decoder has found no readable type."""
    ended = req.transaction_info is not None and req.transaction_info.stopped_reason is not None
    return _KINDS.get(req.event_type, "ended" if ended else "updated")


def transaction_id(info: v201.TransactionType | None) -> str | None:
    return info.transaction_id[:MAX_TRANSACTION_ID] or None if info is not None and info.transaction_id else None


def open_transaction(work: Work, station: Station, session: str) -> str:
    """What the station calls an open session, named by our id or by its own. Raises `NotFound`."""
    return sessions.open_named(work, station, session).transaction_id


def number(told: object) -> int | None:
    """A number we have given: of a remote start, of a reservation. None for the 0 that some firmwares mean as "none"."""
    return told if isinstance(told, int) and 1 <= told <= MAX_NUMBER else None


def sequence(told: object) -> int | None:
    return told if isinstance(told, int) and 0 <= told <= MAX_SEQUENCE else None


def charging_state(told: str | None) -> str | None:
    return None if told is None else _CHARGING_STATES.get(told)


def stop_reason(told: str | None) -> str:
    """Why it ended, in our words; left out, it means Local (E06.FR.08)."""
    return "local" if told is None else _REASONS.get(told, "other")


def repeat_key(req: v201.TransactionEvent, content: bytes) -> str:
    """Equal for two events that say the same, sent at once or from the queue. `content` is this one as JSON."""
    same = content if req.offline is None else msgspec.json.encode(msgspec.structs.replace(req, offline=None))
    return hashlib.blake2b(same, digest_size=16).hexdigest()


# Measurements


def moments(work: Work, values: Sequence[v201.MeterValueType] | None, at: Instant | None = None) -> list[Moment]:
    """What was told, moment by moment."""
    if not values:
        return []
    return gathered(work, [(value.timestamp, value.sampled_value) for value in values], samples, at)


def samples(values: Sequence[v201.SampledValueType]) -> list[Sample]:
    return [
        Sample(repr(value.value), value.measurand, None, value.phase, value.context, value.location)
        if (unit := value.unit_of_measure) is None
        else Sample(
            repr(value.value),
            value.measurand,
            unit.unit,
            value.phase,
            value.context,
            value.location,
            unit.multiplier or 0,
        )
        for value in values
    ]


def register_wh(kind: Literal["started", "ended"], at: Instant, moments: Sequence[Moment]) -> Decimal | None:
    """The register at the begin or the end of a transaction, out of what came with the event that tells of it (E01.FR.09, E06.FR.11).

    It is the value that says so; else the one taken at that time, for what was measured on the way is neither.
    """
    began = kind == "started"
    name = "Transaction.Begin" if began else "Transaction.End"
    other = "Transaction.End" if began else "Transaction.Begin"
    near: Decimal | None = None
    for one in moments if began else reversed(moments):
        named = [sample for sample in one.samples if sample.context == name]
        found = _reading(one, named).energy_wh if named else None
        if found is not None:
            return found
        if near is None and abs((one.taken.at - at.at).total_seconds()) <= NEAR_S:
            near = _reading(one, [sample for sample in one.samples if sample.context != other]).energy_wh
    return near


def _reading(moment: Moment, some: list[Sample]) -> metering.Reading:
    """What some of its samples say."""
    return moment.reading if len(some) == len(moment.samples) else metering.reading(some)
