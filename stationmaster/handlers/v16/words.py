"""1.6 words to ours and back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from stationmaster.domain import station_settings
from stationmaster.domain.connector_states import State
from stationmaster.domain.errors import Conflict
from stationmaster.domain.metering import Sample, number
from stationmaster.domain.stations import Station
from stationmaster.domain.tokens import Authorization
from stationmaster.handlers.words import Moment
from stationmaster.handlers.words import answer as answer
from stationmaster.handlers.words import check_length as check_length
from stationmaster.handlers.words import keep as keep
from stationmaster.handlers.words import listed as listed
from stationmaster.handlers.words import moment as moment
from stationmaster.handlers.words import moments as gathered
from stationmaster.handlers.words import portions as portions
from stationmaster.handlers.words import spread as spread
from stationmaster.ocpp import v16
from stationmaster.ocpp.messages import now_text
from stationmaster.storage import Work

MAX_TRANSACTION_ID = 2**31 - 1
MAX_ID_TAG = 20  # characters of an IdToken, §7.28
MAX_TOKEN = 255  # of an idToken in 2.1

_STATES: dict[str, State] = {
    "Available": "available",
    "Preparing": "preparing",
    "Charging": "charging",
    "SuspendedEV": "suspended_ev",
    "SuspendedEVSE": "suspended_evse",
    "Finishing": "finishing",
    "Reserved": "reserved",
    "Unavailable": "unavailable",
    "Faulted": "faulted",
}
_AUTHORIZATION: dict[str, v16.AuthorizationStatus] = {
    "accepted": "Accepted",
    "blocked": "Blocked",
    "expired": "Expired",
    "unknown": "Invalid",
    "no_credit": "Blocked",
}

_REASONS = {
    "Local": "local",
    "Remote": "remote",
    "EVDisconnected": "car_disconnected",
    "DeAuthorized": "deauthorized",
    "UnlockCommand": "unlocked",
    "EmergencyStop": "emergency_stop",
    "PowerLoss": "power_loss",
    "Reboot": "reboot",
    "SoftReset": "soft_reset",
    "HardReset": "hard_reset",
    "Other": "other",
}


def id_tag_info(authorization: Authorization) -> v16.IdTagInfo:
    group = authorization.group
    return v16.IdTagInfo(
        status=_AUTHORIZATION[authorization.status],
        # A name of 2.x may be too long for 1.6; cut, it could be the name of another group.
        parent_id_tag=group if group is not None and len(group) <= MAX_ID_TAG else None,
        expiry_date=None if authorization.expires_at is None else now_text(authorization.expires_at),
    )


def state(status: str) -> State:
    """Our word for the status of a connector."""
    return _STATES.get(status, "unknown")


def transaction_id(number: object) -> str | None:
    """A transaction id of ours, or None for the 0, -1 and 2^63-1 that several firmwares mean as "none"."""
    return None if (known := _number(number)) is None else str(known)


def _number(number: object) -> int | None:
    """A number we may have given, transactions and reservations alike."""
    return number if isinstance(number, int) and 1 <= number <= MAX_TRANSACTION_ID else None


def connector(connector_id: int) -> int:
    """The connector's number, cut to what the column holds: an absurd one, or 1.5, must not keep a message from being stored."""
    return int(max(-MAX_TRANSACTION_ID, min(connector_id, MAX_TRANSACTION_ID)))


def connector_id(evse: int, connector: int | None) -> int:
    """A 1.6 connector is an EVSE with one connector. Raises `Conflict` when another one is meant."""
    if connector not in (None, 1):
        raise Conflict("the connectors of a 1.6 charger are numbered through: name it as `evse`")
    return evse


def connector_if_told(connector_id: int | None) -> int | None:
    """The same where the lenient decoder may have left it empty."""
    return None if connector_id is None else connector(connector_id)


def card(id_tag: str | None) -> str | None:
    """The card's number; None where none was told. Longer ones than any version knows are cut: no index could hold them."""
    return id_tag[:MAX_TOKEN] or None if id_tag else None


def stop_reason(reason: str | None) -> str:
    """Why it ended, in our words; the specification's default is Local (§6.49)."""
    return "local" if reason is None else _REASONS.get(reason, "other")


def repeat_key(stop: v16.StopTransaction) -> str:
    """Equal for two stops that say the same, whichever number of ours they name: a start told again may have another."""
    same = msgspec.json.encode(msgspec.structs.replace(stop, transaction_id=0))
    return hashlib.blake2b(same, digest_size=16).hexdigest()


def reservation(reservation_id: int | None) -> int | None:
    """A reservation of ours, or None for the 0 that several firmwares mean as "none"."""
    return _number(reservation_id)


def lacking(work: Work, station: Station, profile: str) -> str | None:
    """A sentence when the station's own settings say that it lacks a profile of the specification (§9.1.25)."""
    told = station_settings.value(work, station, "SupportedFeatureProfiles")
    names = [name.lower() for name in listed(told)]
    if not names or profile.lower() in names or profile.lower().startswith(names[-1]):
        return None  # some stations cut the list where their text ends
    return f"Its setting SupportedFeatureProfiles does not name {profile}."


def moments(work: Work, values: Sequence[v16.MeterValue]) -> list[Moment]:
    """What was told, moment by moment."""
    return gathered(work, [(value.timestamp, value.sampled_value) for value in values], samples)


def samples(values: Sequence[v16.SampledValue]) -> list[Sample]:
    return [
        Sample(value.value, value.measurand, value.unit, value.phase, value.context, value.location) for value in values
    ]


def wh(register: object) -> Decimal | None:
    """A register in Wh, or None when what was sent is no usable number (TX-09); its form does not matter (E8)."""
    if isinstance(register, int | float | str | Decimal) and not isinstance(register, bool):
        return number(str(register))
    return None
