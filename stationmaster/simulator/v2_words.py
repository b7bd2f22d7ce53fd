"""Between the simulator's own words and OCPP 2.0.1: readings, reasons, variables, profiles. Plain functions and tables."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, cast

from stationmaster.ocpp import v201
from stationmaster.ocpp.messages import now_text, parse_time
from stationmaster.simulator.limits import Limits, Profile, Purpose, composite
from stationmaster.simulator.meter import REGISTER, Outlet, Reading, measured
from stationmaster.simulator.parts import Known

STATUSES = {
    "Available": "Available",
    "Reserved": "Reserved",
    "Unavailable": "Unavailable",
    "Faulted": "Faulted",
}
"""Connector statuses; all others mean that somebody is there: Occupied."""

CHARGING_STATES = {"Charging": "Charging", "SuspendedEV": "SuspendedEV", "SuspendedEVSE": "SuspendedEVSE"}
"""Any other status inside a transaction is EVConnected."""

STOPPED: dict[str, tuple[str, str]] = {
    "Local": ("Local", "StopAuthorized"),
    "EVDisconnected": ("EVDisconnected", "EVCommunicationLost"),
    "Remote": ("Remote", "RemoteStop"),
    "DeAuthorized": ("DeAuthorized", "Deauthorized"),
    "PowerLoss": ("PowerLoss", "AbnormalCondition"),
    "HardReset": ("ImmediateReset", "ResetCommand"),
    "SoftReset": ("ImmediateReset", "ResetCommand"),
    "UnlockCommand": ("Remote", "UnlockCommand"),
    "EmergencyStop": ("EmergencyStop", "AbnormalCondition"),
    "Other": ("Other", "AbnormalCondition"),
}
"""Why a transaction ended: the word of 1.6 to stoppedReason and triggerReason of 2.x."""

PURPOSES: dict[str, Purpose] = {
    "ChargingStationMaxProfile": "max",
    "TxDefaultProfile": "default",
    "TxProfile": "transaction",
}

VARIABLES: dict[tuple[str, str], str] = {
    ("AuthCacheCtrlr", "Enabled"): "AuthorizationCacheEnabled",
    ("AuthCtrlr", "AuthorizeRemoteStart"): "AuthorizeRemoteTxRequests",
    ("AuthCtrlr", "LocalAuthorizeOffline"): "LocalAuthorizeOffline",
    ("AuthCtrlr", "LocalPreAuthorize"): "LocalPreAuthorize",
    ("AuthCtrlr", "OfflineTxForUnknownIdEnabled"): "AllowOfflineTxForUnknownId",
    ("LocalAuthListCtrlr", "Enabled"): "LocalAuthListEnabled",
    ("OCPPCommCtrlr", "HeartbeatInterval"): "HeartbeatInterval",
    ("OCPPCommCtrlr", "WebSocketPingInterval"): "WebSocketPingInterval",
    ("SampledDataCtrlr", "TxUpdatedInterval"): "MeterValueSampleInterval",
    ("SampledDataCtrlr", "TxUpdatedMeasurands"): "MeterValuesSampledData",
    ("SecurityCtrlr", "BasicAuthPassword"): "AuthorizationKey",
    ("SecurityCtrlr", "OrganizationName"): "CpoName",
    ("SecurityCtrlr", "SecurityProfile"): "SecurityProfile",
    ("SmartChargingCtrlr", "ProfileStackLevel"): "ChargeProfileMaxStackLevel",
    ("TxCtrlr", "EVConnectionTimeOut"): "ConnectionTimeOut",
    ("TxCtrlr", "StopTxOnInvalidId"): "StopTransactionOnInvalidId",
}
"""Component and variable to the configuration key of 1.6 that means the same."""


def meter_value(at: str, reading: Reading, measurands: Iterable[str], context: str) -> v201.MeterValueType:
    """One reading as the measurands asked for; without any it has the register."""
    samples = list(_samples(reading, list(measurands) or [REGISTER], context))
    return v201.MeterValueType(timestamp=at, sampled_value=samples)


def _samples(reading: Reading, measurands: Iterable[str], context: str) -> Iterator[v201.SampledValueType]:
    def sample(value: float, measurand: str, unit: str, phase: str | None) -> v201.SampledValueType:
        return v201.SampledValueType(
            value=float(value),
            context=cast(Any, context),
            measurand=cast(Any, measurand),
            phase=cast(Any, phase),
            unit_of_measure=v201.UnitOfMeasureType(unit=unit),
        )

    for value in measured(reading, measurands):
        yield sample(*value)


def id_token(token: str, *, kind: str = "ISO14443") -> v201.IdTokenType:
    return v201.IdTokenType(id_token=token, type=cast(Any, kind))


def known(info: v201.IdTokenInfoType) -> Known:
    """What the CSMS said about a token."""
    return Known(info.status, info.group_id_token.id_token if info.group_id_token else None)


def profile(evse: int, given: v201.ChargingProfileType) -> Profile:
    """A 2.x charging profile in the words of limits.py; of several schedules the first."""
    schedule = given.charging_schedule[0]
    return Profile(
        id=given.id,
        connector=evse,
        stack_level=given.stack_level,
        purpose=PURPOSES[given.charging_profile_purpose],
        kind=cast(Any, given.charging_profile_kind),
        unit=schedule.charging_rate_unit,
        periods=tuple(
            (period.start_period, period.limit, period.number_phases or 3)
            for period in schedule.charging_schedule_period
            if period.limit is not None  # 2.1 knows periods that are ruled by something else than a limit
        ),
        recurrency=cast(Any, given.recurrency_kind),
        start=parse_time(schedule.start_schedule),
        duration_s=schedule.duration,
        valid_from=parse_time(given.valid_from),
        valid_to=parse_time(given.valid_to),
        transaction=given.transaction_id,
    )


def profile_told(held: Profile) -> v201.ChargingProfileType:
    """The same back again, as it is reported."""
    purposes = {ours: theirs for theirs, ours in PURPOSES.items()}
    return v201.ChargingProfileType(
        id=held.id,
        stack_level=held.stack_level,
        charging_profile_purpose=cast(Any, purposes[held.purpose]),
        charging_profile_kind=held.kind,
        recurrency_kind=held.recurrency,
        valid_from=_text(held.valid_from),
        valid_to=_text(held.valid_to),
        transaction_id=None if held.transaction is None else str(held.transaction),
        charging_schedule=[
            v201.ChargingScheduleType(
                id=held.id,
                charging_rate_unit=held.unit,
                start_schedule=_text(held.start),
                duration=held.duration_s,
                charging_schedule_period=[
                    v201.ChargingSchedulePeriodType(start_period=start_s, limit=limit, number_phases=phases)
                    for start_s, limit, phases in held.periods
                ],
            )
        ],
    )


def composite_schedule(
    limits: Limits, evse: int, outlet: Outlet, at: datetime, began: datetime | None, *, duration_s: int, unit: str
) -> v201.CompositeScheduleType:
    """The limits in force from `at` on."""
    return v201.CompositeScheduleType(
        evse_id=evse,
        duration=duration_s,
        schedule_start=now_text(at),
        charging_rate_unit=cast(Any, unit),
        charging_schedule_period=[
            v201.ChargingSchedulePeriodType(start_period=start_s, limit=limit, number_phases=outlet.supply.phases)
            for start_s, limit in composite(limits, evse, outlet, at, began, duration_s=duration_s, unit=unit)
        ],
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else now_text(at)
