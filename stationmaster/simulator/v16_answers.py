"""What the central system may ask of a 1.6 charger, and what a sensible one answers.

Each function gives the answer at once; what follows from it begins after the answer is out (`cp.soon`).
"""

from typing import TYPE_CHECKING, Any, cast

from stationmaster.ocpp import v16
from stationmaster.ocpp.messages import Request, now_text, parse_time
from stationmaster.simulator import asked, v16_security
from stationmaster.simulator.parts import Reservation
from stationmaster.simulator.station import Handler, answering
from stationmaster.simulator.v16_words import PURPOSES, composite_schedule, known, profile

if TYPE_CHECKING:
    from stationmaster.simulator.v16 import ChargePoint16

ANSWERS: dict[str, Handler] = {}
answers = answering(ANSWERS)

ECHO_VENDOR = "stationmaster.simulator"
"""DataTransfer to this vendor id is echoed; any other vendor is unknown."""


# -- core --------------------------------------------------------------------------------------------------------------


@answers
def remote_start(cp: "ChargePoint16", req: v16.RemoteStartTransaction) -> v16.RemoteStartTransactionResponse:
    post = asked.connector_for(cp, req.id_tag, req.connector_id)
    given = req.charging_profile
    if post is None or (given is not None and given.charging_profile_purpose != "TxProfile"):
        return v16.RemoteStartTransactionResponse(status="Rejected")
    if given is not None:
        cp.limits.install(profile(post.number, given))
    cp.soon(asked.start_remotely(cp, post, req.id_tag), "remote start")
    return v16.RemoteStartTransactionResponse(status="Accepted")


@answers
def remote_stop(cp: "ChargePoint16", req: v16.RemoteStopTransaction) -> v16.RemoteStopTransactionResponse:
    post = cp.transaction_by_id(req.transaction_id)
    if post is None:
        return v16.RemoteStopTransactionResponse(status="Rejected")
    cp.soon(cp.stop_transaction(post, "Remote"), "remote stop")
    return v16.RemoteStopTransactionResponse(status="Accepted")


@answers
def reset(cp: "ChargePoint16", req: v16.Reset) -> v16.ResetResponse:
    cp.reset(req.type)
    return v16.ResetResponse(status="Accepted")


@answers
def unlock_connector(cp: "ChargePoint16", req: v16.UnlockConnector) -> v16.UnlockConnectorResponse:
    post = cp.connectors.get(req.connector_id)
    if post is None:
        return v16.UnlockConnectorResponse(status="NotSupported")
    if post.transaction is not None:
        cp.soon(cp.stop_transaction(post, "UnlockCommand"), "unlock")
    return v16.UnlockConnectorResponse(status="Unlocked")


@answers
def change_availability(cp: "ChargePoint16", req: v16.ChangeAvailability) -> v16.ChangeAvailabilityResponse:
    if req.connector_id != 0 and req.connector_id not in cp.connectors:
        return v16.ChangeAvailabilityResponse(status="Rejected")
    scheduled = asked.change_availability(cp, req.connector_id, operative=req.type == "Operative")
    return v16.ChangeAvailabilityResponse(status="Scheduled" if scheduled else "Accepted")


@answers
def get_configuration(cp: "ChargePoint16", req: v16.GetConfiguration) -> v16.GetConfigurationResponse:
    readable: list[v16.KeyValue] = []
    unknown: list[str] = []
    for key in req.key or list(cp.configuration.settings):
        found = cp.configuration.find(key)
        if found is None:
            unknown.append(key)
            continue
        name, setting = found
        value = None if setting.secret else setting.value
        readable.append(v16.KeyValue(key=name, readonly=setting.readonly, value=value))
    return v16.GetConfigurationResponse(configuration_key=readable or None, unknown_key=unknown or None)


@answers
def change_configuration(cp: "ChargePoint16", req: v16.ChangeConfiguration) -> v16.ChangeConfigurationResponse:
    if req.key.lower() == "authorizationkey":
        return v16.ChangeConfigurationResponse(status=_change_password(cp, req.value))
    status = cp.configuration.change(req.key, req.value)
    if status == "Accepted" and req.key.lower() == "heartbeatinterval":
        cp.restart_heartbeat()
    return v16.ChangeConfigurationResponse(status=status)


@answers
def clear_cache(cp: "ChargePoint16", req: v16.ClearCache) -> v16.ClearCacheResponse:
    if not cp.configuration.flag("AuthorizationCacheEnabled"):
        return v16.ClearCacheResponse(status="Rejected")
    cp.tokens.cache.clear()
    return v16.ClearCacheResponse(status="Accepted")


@answers
def data_transfer(cp: "ChargePoint16", req: v16.DataTransfer) -> v16.DataTransferResponse:
    if req.vendor_id != ECHO_VENDOR:
        return v16.DataTransferResponse(status="UnknownVendorId")
    return v16.DataTransferResponse(status="Accepted", data=req.data)


# -- remote trigger ----------------------------------------------------------------------------------------------------


@answers
def trigger_message(cp: "ChargePoint16", req: v16.TriggerMessage) -> v16.TriggerMessageResponse:
    exists = req.connector_id is None or req.connector_id == 0 or req.connector_id in cp.connectors
    if not exists:
        return v16.TriggerMessageResponse(status="Rejected")
    return v16.TriggerMessageResponse(
        status="Accepted" if _trigger(cp, req.requested_message, req.connector_id) else "NotImplemented"
    )


@answers
def extended_trigger(cp: "ChargePoint16", req: v16.ExtendedTriggerMessage) -> v16.ExtendedTriggerMessageResponse:
    exists = req.connector_id is None or req.connector_id in cp.connectors
    if not exists:
        return v16.ExtendedTriggerMessageResponse(status="Rejected")
    return v16.ExtendedTriggerMessageResponse(
        status="Accepted" if _trigger(cp, req.requested_message, req.connector_id) else "NotImplemented"
    )


def _trigger(cp: "ChargePoint16", wanted: str, number: int | None) -> bool:
    """Begin to send what was asked for. False if this charger has no such message to send."""
    posts = [cp.connectors[number]] if number else list(cp.connectors.values())
    if wanted == "BootNotification":
        cp.boot_again()
    elif wanted == "Heartbeat":
        cp.soon(cp.heartbeat(), "trigger")
    elif wanted == "StatusNotification":
        if not number:
            cp.soon(cp.tell_own_status(again=True), "trigger")
        for post in posts:
            cp.soon(cp.tell_status(post, again=True), "trigger")
    elif wanted == "MeterValues":
        for post in posts:
            cp.soon(cp.sample(post, "Trigger"), "trigger")
    elif wanted == "FirmwareStatusNotification":
        cp.soon(_tell(cp, v16_security.firmware_status(cp)), "trigger")
    elif wanted == "DiagnosticsStatusNotification":
        cp.soon(_tell(cp, v16.DiagnosticsStatusNotification(status=cast(Any, cp.log_upload.status))), "trigger")
    elif wanted == "LogStatusNotification":
        job = cp.log_upload
        cp.soon(
            _tell(cp, v16.LogStatusNotification(status=cast(Any, job.status), request_id=job.request_id)), "trigger"
        )
    elif wanted == "SignChargePointCertificate":
        cp.soon(v16_security.sign_certificate(cp), "trigger")
    else:
        return False
    return True


# -- smart charging ----------------------------------------------------------------------------------------------------


@answers
def set_charging_profile(cp: "ChargePoint16", req: v16.SetChargingProfile) -> v16.SetChargingProfileResponse:
    given = req.cs_charging_profiles
    purpose = PURPOSES[given.charging_profile_purpose]
    post = cp.connectors.get(req.connector_id)
    right_place = {
        "max": req.connector_id == 0,
        "default": req.connector_id == 0 or post is not None,
        "transaction": post is not None and post.transaction is not None,
    }[purpose]
    too_high = given.stack_level > cp.configuration.number("ChargeProfileMaxStackLevel")
    other = purpose == "transaction" and post is not None and post.transaction is not None
    if other and given.transaction_id not in (None, post.transaction.id if post and post.transaction else None):
        right_place = False
    if not right_place or too_high:
        return v16.SetChargingProfileResponse(status="Rejected")
    cp.limits.install(profile(req.connector_id, given))
    return v16.SetChargingProfileResponse(status="Accepted")


@answers
def clear_charging_profile(cp: "ChargePoint16", req: v16.ClearChargingProfile) -> v16.ClearChargingProfileResponse:
    removed = cp.limits.clear(
        profile_id=req.id,
        connector=req.connector_id,
        purpose=PURPOSES[req.charging_profile_purpose] if req.charging_profile_purpose else None,
        stack_level=req.stack_level,
    )
    return v16.ClearChargingProfileResponse(status="Accepted" if removed else "Unknown")


@answers
def get_composite_schedule(cp: "ChargePoint16", req: v16.GetCompositeSchedule) -> v16.GetCompositeScheduleResponse:
    post = cp.connectors.get(req.connector_id or 1)
    if post is None:
        return v16.GetCompositeScheduleResponse(status="Rejected")
    now = cp.now()
    schedule = composite_schedule(
        cp.limits,
        req.connector_id,
        post.outlet,
        now,
        post.transaction.began if post.transaction else None,
        duration_s=min(req.duration, 7 * 86_400),
        unit=req.charging_rate_unit or "W",
    )
    return v16.GetCompositeScheduleResponse(
        status="Accepted", connector_id=req.connector_id, schedule_start=now_text(now), charging_schedule=schedule
    )


# -- reservation and local list ----------------------------------------------------------------------------------------


@answers
def reserve_now(cp: "ChargePoint16", req: v16.ReserveNow) -> v16.ReserveNowResponse:
    post = cp.connectors.get(req.connector_id)
    until = parse_time(req.expiry_date)
    if post is None or until is None:
        return v16.ReserveNowResponse(status="Rejected")
    status = asked.reserve(cp, post, Reservation(req.reservation_id, req.id_tag, req.parent_id_tag, until))
    return v16.ReserveNowResponse(status=cast(Any, status))


@answers
def cancel_reservation(cp: "ChargePoint16", req: v16.CancelReservation) -> v16.CancelReservationResponse:
    found = asked.cancel_reservation(cp, req.reservation_id)
    return v16.CancelReservationResponse(status="Accepted" if found else "Rejected")


@answers
def get_local_list_version(cp: "ChargePoint16", req: v16.GetLocalListVersion) -> v16.GetLocalListVersionResponse:
    enabled = cp.configuration.flag("LocalAuthListEnabled")
    return v16.GetLocalListVersionResponse(list_version=cp.tokens.local_version if enabled else -1)


@answers
def send_local_list(cp: "ChargePoint16", req: v16.SendLocalList) -> v16.SendLocalListResponse:
    entries = req.local_authorization_list or []
    if not cp.configuration.flag("LocalAuthListEnabled"):
        return v16.SendLocalListResponse(status="NotSupported")
    if len(entries) > cp.configuration.number("SendLocalListMaxLength"):
        return v16.SendLocalListResponse(status="Failed")
    if req.update_type == "Differential" and req.list_version <= cp.tokens.local_version:
        return v16.SendLocalListResponse(status="VersionMismatch")
    if req.update_type == "Full":
        cp.tokens.local.clear()
    for entry in entries:
        if entry.id_tag_info is None:
            cp.tokens.local.pop(entry.id_tag.lower(), None)
        else:
            cp.tokens.local[entry.id_tag.lower()] = known(entry.id_tag_info)
    cp.tokens.local_version = req.list_version
    return v16.SendLocalListResponse(status="Accepted")


# -- firmware and diagnostics ------------------------------------------------------------------------------------------


@answers
def get_diagnostics(cp: "ChargePoint16", req: v16.GetDiagnostics) -> v16.GetDiagnosticsResponse:
    async def tell(status: str) -> None:
        await cp.try_call(v16.DiagnosticsStatusNotification(status=cast(Any, status)))

    name = f"{cp.identity[:40]}-diagnostics.log"
    cp.log_upload.begin(None, tell, asked.upload_log(cp, req.location, name, failed="UploadFailed"))
    return v16.GetDiagnosticsResponse(file_name=name)


@answers
def update_firmware(cp: "ChargePoint16", req: v16.UpdateFirmware) -> v16.UpdateFirmwareResponse:
    async def tell(status: str) -> None:
        await cp.try_call(v16.FirmwareStatusNotification(status=cast(Any, status)))

    cp.firmware_update.begin(None, tell, asked.update_firmware(cp, req.location, parse_time(req.retrieve_date)))
    return v16.UpdateFirmwareResponse()


# -- what follows from an answer ---------------------------------------------------------------------------------------


def _change_password(cp: "ChargePoint16", value: str) -> v16.ConfigurationStatus:
    """A new AuthorizationKey: hexadecimal, at least 16 bytes; used from the next connection on (whitepaper A01)."""
    try:
        secret = bytes.fromhex(value)
    except ValueError:
        return "Rejected"
    if not 16 <= len(secret) <= 20:
        return "Rejected"
    cp.password = secret
    cp.soon(asked.come_back(cp), "new password")
    return "Accepted"


async def _tell(cp: "ChargePoint16", status: Request) -> None:
    await cp.try_call(status)
