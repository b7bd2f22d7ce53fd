"""What a CSMS may ask of a 2.0.1 or 2.1 charger, and what a sensible one answers.

The types are those of 2.0.1; 2.1's extend them, so that one function serves both.
"""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

from stationmaster.ocpp import v201
from stationmaster.ocpp.messages import parse_time
from stationmaster.simulator import asked
from stationmaster.simulator.configuration import Setting
from stationmaster.simulator.parts import Reservation
from stationmaster.simulator.station import Handler, answering
from stationmaster.simulator.v2_words import PURPOSES, VARIABLES, profile

if TYPE_CHECKING:
    from stationmaster.simulator.v2 import ChargingStation201

ANSWERS: dict[str, Handler] = {}
answers = answering(ANSWERS)

ECHO_VENDOR = "stationmaster.simulator"
VARIABLES_IN_A_REPORT = 8  # in one NotifyReport, so that a report has more than one part


# -- remote control ----------------------------------------------------------------------------------------------------


@answers
def request_start(cs: "ChargingStation201", req: v201.RequestStartTransaction) -> v201.RequestStartTransactionResponse:
    token = req.id_token.id_token
    post = asked.connector_for(cs, token, req.evse_id)
    given = req.charging_profile
    if post is None or (given is not None and given.charging_profile_purpose != "TxProfile"):
        return v201.RequestStartTransactionResponse(status="Rejected")
    if given is not None:
        cs.limits.install(profile(post.number, given))
    post.remote_start_id = req.remote_start_id
    cs.soon(asked.start_remotely(cs, post, token), "remote start")
    return v201.RequestStartTransactionResponse(status="Accepted")


@answers
def request_stop(cs: "ChargingStation201", req: v201.RequestStopTransaction) -> v201.RequestStopTransactionResponse:
    post = cs.transaction_by_id(req.transaction_id)
    if post is None:
        return v201.RequestStopTransactionResponse(status="Rejected")
    cs.soon(cs.stop_transaction(post, "Remote"), "remote stop")
    return v201.RequestStopTransactionResponse(status="Accepted")


@answers
def reset(cs: "ChargingStation201", req: v201.Reset) -> v201.ResetResponse:
    if req.evse_id is not None:
        return v201.ResetResponse(status="Rejected")
    cs.boot_reason = "RemoteReset"
    busy = any(post.transaction is not None for post in cs.connectors.values())
    if req.type == "OnIdle" and busy:
        cs.background(_reset_when_idle(cs), "reset")
        return v201.ResetResponse(status="Scheduled")
    cs.reset("Hard")
    return v201.ResetResponse(status="Accepted")


@answers
def unlock_connector(cs: "ChargingStation201", req: v201.UnlockConnector) -> v201.UnlockConnectorResponse:
    post = cs.connectors.get(req.evse_id)
    if post is None or req.connector_id != 1:
        return v201.UnlockConnectorResponse(status="UnknownConnector")
    if post.transaction is not None:
        return v201.UnlockConnectorResponse(status="OngoingAuthorizedTransaction")
    return v201.UnlockConnectorResponse(status="Unlocked")


@answers
def trigger_message(cs: "ChargingStation201", req: v201.TriggerMessage) -> v201.TriggerMessageResponse:
    if req.evse is not None and req.evse.id not in cs.connectors:
        return v201.TriggerMessageResponse(status="Rejected")
    posts = list(cs.connectors.values()) if req.evse is None else [cs.connectors[req.evse.id]]
    if req.requested_message == "BootNotification":
        cs.boot_again()
    elif req.requested_message == "Heartbeat":
        cs.soon(cs.heartbeat(), "trigger")
    elif req.requested_message == "StatusNotification":
        for post in posts:
            cs.soon(cs.tell_status(post, again=True), "trigger")
    elif req.requested_message in ("MeterValues", "TransactionEvent"):
        for post in posts:
            if req.requested_message == "MeterValues" or post.transaction is not None:
                cs.soon(cs.sample(post, "Trigger"), "trigger")
    else:
        return v201.TriggerMessageResponse(status="NotImplemented")
    return v201.TriggerMessageResponse(status="Accepted")


# -- availability, transactions, authorization -------------------------------------------------------------------------


@answers
def change_availability(cs: "ChargingStation201", req: v201.ChangeAvailability) -> v201.ChangeAvailabilityResponse:
    number = 0 if req.evse is None else req.evse.id
    if number != 0 and number not in cs.connectors:
        return v201.ChangeAvailabilityResponse(status="Rejected")
    scheduled = asked.change_availability(cs, number, operative=req.operational_status == "Operative")
    return v201.ChangeAvailabilityResponse(status="Scheduled" if scheduled else "Accepted")


@answers
def get_transaction_status(
    cs: "ChargingStation201", req: v201.GetTransactionStatus
) -> v201.GetTransactionStatusResponse:
    if req.transaction_id is None:
        return v201.GetTransactionStatusResponse(messages_in_queue=cs.waiting_messages > 0)
    return v201.GetTransactionStatusResponse(
        ongoing_indicator=cs.transaction_by_id(req.transaction_id) is not None,
        messages_in_queue=cs.has_messages_of(req.transaction_id),
    )


@answers
def clear_cache(cs: "ChargingStation201", req: v201.ClearCache) -> v201.ClearCacheResponse:
    if not cs.configuration.flag("AuthorizationCacheEnabled"):
        return v201.ClearCacheResponse(status="Rejected")
    cs.tokens.cache.clear()
    return v201.ClearCacheResponse(status="Accepted")


@answers
def get_local_list_version(cs: "ChargingStation201", req: v201.GetLocalListVersion) -> v201.GetLocalListVersionResponse:
    return v201.GetLocalListVersionResponse(version_number=cs.tokens.local_version)


@answers
def reserve_now(cs: "ChargingStation201", req: v201.ReserveNow) -> v201.ReserveNowResponse:
    token, until = req.id_token.id_token, parse_time(req.expiry_date_time)
    free = asked.connector_for(cs, token, req.evse_id)
    post = cs.connectors.get(req.evse_id) if req.evse_id is not None else free
    if post is None or until is None:
        return v201.ReserveNowResponse(status="Rejected")
    group = req.group_id_token.id_token if req.group_id_token else None
    status = asked.reserve(cs, post, Reservation(req.id, token, group, until))
    return v201.ReserveNowResponse(status=cast(Any, status))


@answers
def cancel_reservation(cs: "ChargingStation201", req: v201.CancelReservation) -> v201.CancelReservationResponse:
    found = asked.cancel_reservation(cs, req.reservation_id)
    return v201.CancelReservationResponse(status="Accepted" if found else "Rejected")


# -- variables ---------------------------------------------------------------------------------------------------------


@answers
def get_variables(cs: "ChargingStation201", req: v201.GetVariables) -> v201.GetVariablesResponse:
    return v201.GetVariablesResponse(get_variable_result=[_get_one(cs, each) for each in req.get_variable_data])


@answers
def set_variables(cs: "ChargingStation201", req: v201.SetVariables) -> v201.SetVariablesResponse:
    return v201.SetVariablesResponse(set_variable_result=[_set_one(cs, each) for each in req.set_variable_data])


@answers
def get_base_report(cs: "ChargingStation201", req: v201.GetBaseReport) -> v201.GetBaseReportResponse:
    if req.report_base == "SummaryInventory":
        return v201.GetBaseReportResponse(status="NotSupported")
    cs.soon(_report(cs, req.request_id), "report")
    return v201.GetBaseReportResponse(status="Accepted")


# -- smart charging, firmware, other -----------------------------------------------------------------------------------


@answers
def set_charging_profile(cs: "ChargingStation201", req: v201.SetChargingProfile) -> v201.SetChargingProfileResponse:
    given = req.charging_profile
    purpose = PURPOSES.get(given.charging_profile_purpose)
    post = cs.connectors.get(req.evse_id)
    running = post.transaction if post is not None else None
    fits = {
        "max": req.evse_id == 0,
        "default": req.evse_id == 0 or post is not None,
        "transaction": running is not None and given.transaction_id == running.id,
        None: False,
    }[purpose]
    if not fits or given.stack_level > cs.configuration.number("ChargeProfileMaxStackLevel"):
        return v201.SetChargingProfileResponse(status="Rejected")
    cs.limits.install(profile(req.evse_id, given))
    return v201.SetChargingProfileResponse(status="Accepted")


@answers
def clear_charging_profile(
    cs: "ChargingStation201", req: v201.ClearChargingProfile
) -> v201.ClearChargingProfileResponse:
    wanted = req.charging_profile_criteria or v201.ClearChargingProfileType()
    removed = cs.limits.clear(
        profile_id=req.charging_profile_id,
        connector=wanted.evse_id,
        purpose=PURPOSES.get(wanted.charging_profile_purpose) if wanted.charging_profile_purpose else None,
        stack_level=wanted.stack_level,
    )
    return v201.ClearChargingProfileResponse(status="Accepted" if removed else "Unknown")


@answers
def update_firmware(cs: "ChargingStation201", req: v201.UpdateFirmware) -> v201.UpdateFirmwareResponse:
    def tell(status: str) -> Awaitable[object]:
        words = v201.FirmwareStatusNotification(status=cast(Any, status), request_id=req.request_id)
        return cs.try_call(words)

    cs.boot_reason = "FirmwareUpdate"
    cs.background(asked.update_firmware(cs, parse_time(req.firmware.retrieve_date_time), tell), "firmware")
    return v201.UpdateFirmwareResponse(status="Accepted")


@answers
def data_transfer(cs: "ChargingStation201", req: v201.DataTransfer) -> v201.DataTransferResponse:
    if req.vendor_id != ECHO_VENDOR:
        return v201.DataTransferResponse(status="UnknownVendorId")
    return v201.DataTransferResponse(status="Accepted", data=req.data)


# -- helpers -----------------------------------------------------------------------------------------------------------


async def _reset_when_idle(cs: "ChargingStation201") -> None:
    while any(post.transaction is not None for post in cs.connectors.values()):
        await cs.clock.sleep(5)
    cs.reset("Soft")


def _find(component: v201.ComponentType, variable: v201.VariableType) -> str | None:
    """The configuration key that stands for a variable. Names are compared without regard to case."""
    wanted = (component.name.lower(), variable.name.lower())
    return next((key for names, key in VARIABLES.items() if tuple(name.lower() for name in names) == wanted), None)


def _unknown(component: v201.ComponentType) -> str:
    names = {name.lower() for name, _ in VARIABLES}
    return "UnknownVariable" if component.name.lower() in names else "UnknownComponent"


def _get_one(cs: "ChargingStation201", asked_for: v201.GetVariableDataType) -> v201.GetVariableResultType:
    key = _find(asked_for.component, asked_for.variable)
    status, value = "Accepted", None
    if key is None:
        status = _unknown(asked_for.component)
    elif asked_for.attribute_type not in (None, "Actual"):
        status = "NotSupportedAttributeType"
    elif cs.configuration.settings[key].secret:
        status = "Rejected"  # write-only
    else:
        value = cs.configuration[key]
    return v201.GetVariableResultType(
        attribute_status=cast(Any, status),
        component=asked_for.component,
        variable=asked_for.variable,
        attribute_type=asked_for.attribute_type,
        attribute_value=value,
    )


def _set_one(cs: "ChargingStation201", given: v201.SetVariableDataType) -> v201.SetVariableResultType:
    key = _find(given.component, given.variable)
    if key is None:
        status = _unknown(given.component)
    elif given.attribute_type not in (None, "Actual"):
        status = "NotSupportedAttributeType"
    elif key == "AuthorizationKey":
        status = _change_password(cs, given.attribute_value)
    else:
        status = cs.configuration.change(key, given.attribute_value)
        if status == "Accepted" and key == "HeartbeatInterval":
            cs.restart_heartbeat()
    return v201.SetVariableResultType(
        attribute_status=cast(Any, status),
        component=given.component,
        variable=given.variable,
        attribute_type=given.attribute_type,
    )


def _change_password(cs: "ChargingStation201", value: str) -> str:
    """A new BasicAuthPassword: text of 16 to 64 characters, used from the next connection on (A01)."""
    if not 16 <= len(value) <= 64:
        return "Rejected"
    cs.password = value
    cs.soon(asked.come_back(cs), "new password")
    return "Accepted"


async def _report(cs: "ChargingStation201", request_id: int) -> None:
    """All variables, in several parts (B07)."""
    rows = [_report_row(names, cs.configuration.settings[key]) for names, key in VARIABLES.items()]
    parts = [rows[start : start + VARIABLES_IN_A_REPORT] for start in range(0, len(rows), VARIABLES_IN_A_REPORT)]
    for number, part in enumerate(parts):
        message = v201.NotifyReport(
            request_id=request_id,
            generated_at=cs.now_text(),
            seq_no=number,
            tbc=number + 1 < len(parts),
            report_data=part,
        )
        await cs.call(message, v201.NotifyReportResponse)


def _report_row(names: tuple[str, str], setting: Setting) -> v201.ReportDataType:
    mutability = "WriteOnly" if setting.secret else "ReadOnly" if setting.readonly else "ReadWrite"
    kind = {"bool": "boolean", "int": "integer", "csv": "MemberList", "text": "string"}[setting.kind]
    return v201.ReportDataType(
        component=v201.ComponentType(name=names[0]),
        variable=v201.VariableType(name=names[1]),
        variable_attribute=[
            v201.VariableAttributeType(
                value=None if setting.secret else setting.value, mutability=cast(Any, mutability)
            )
        ],
        variable_characteristics=v201.VariableCharacteristicsType(data_type=cast(Any, kind), supports_monitoring=False),
    )
