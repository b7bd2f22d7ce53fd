"""What the central system may ask of a 1.6 charger, and what a sensible one answers.

Each function gives the answer at once; what follows from it begins after the answer is out (`cp.soon`).
"""

from typing import TYPE_CHECKING

from stationmaster.ocpp import v16
from stationmaster.ocpp.messages import now_text, parse_time
from stationmaster.simulator.meter import Vehicle
from stationmaster.simulator.parts import Connector, Reservation
from stationmaster.simulator.station import Handler, answering
from stationmaster.simulator.v16_words import PURPOSES, composite_schedule, profile

if TYPE_CHECKING:
    from stationmaster.simulator.v16 import ChargePoint16

ANSWERS: dict[str, Handler] = {}
answers = answering(ANSWERS)

ECHO_VENDOR = "stationmaster.simulator"
"""DataTransfer to this vendor id is echoed; any other vendor is unknown."""


# -- core --------------------------------------------------------------------------------------------------------------


@answers
def remote_start(cp: "ChargePoint16", req: v16.RemoteStartTransaction) -> v16.RemoteStartTransactionResponse:
    post = _connector_for(cp, req.connector_id, req.id_tag)
    given = req.charging_profile
    if post is None or (given is not None and given.charging_profile_purpose != "TxProfile"):
        return v16.RemoteStartTransactionResponse(status="Rejected")
    if given is not None:
        cp.limits.install(profile(post.number, given))
    cp.soon(_start_remotely(cp, post, req.id_tag), "remote start")
    return v16.RemoteStartTransactionResponse(status="Accepted")


@answers
def remote_stop(cp: "ChargePoint16", req: v16.RemoteStopTransaction) -> v16.RemoteStopTransactionResponse:
    post = cp.transaction_by_id(req.transaction_id)
    if post is None:
        return v16.RemoteStopTransactionResponse(status="Rejected")
    cp.soon(_stop_remotely(cp, post), "remote stop")
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
    operative = req.type == "Operative"
    posts = list(cp.connectors.values()) if req.connector_id == 0 else [cp.connectors[req.connector_id]]
    waiting = [post for post in posts if post.transaction is not None]
    for post in waiting:
        post.wants_operative = operative
    if req.connector_id == 0:
        cp.status = "Available" if operative else "Unavailable"
        cp.soon(cp.tell_own_status(), "availability")
    for post in posts:
        if post not in waiting:
            cp.soon(cp.set_operative(post, operative), "availability")
    scheduled = any(post.wants_operative != post.operative for post in waiting)
    return v16.ChangeAvailabilityResponse(status="Scheduled" if scheduled else "Accepted")


@answers
def get_configuration(cp: "ChargePoint16", req: v16.GetConfiguration) -> v16.GetConfigurationResponse:
    known: list[v16.KeyValue] = []
    unknown: list[str] = []
    for key in req.key or list(cp.configuration.settings):
        found = cp.configuration.find(key)
        if found is None:
            unknown.append(key)
            continue
        name, setting = found
        value = None if setting.secret else setting.value
        known.append(v16.KeyValue(key=name, readonly=setting.readonly, value=value))
    return v16.GetConfigurationResponse(configuration_key=known or None, unknown_key=unknown or None)


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
    known = req.connector_id is None or req.connector_id == 0 or req.connector_id in cp.connectors
    if not known:
        return v16.TriggerMessageResponse(status="Rejected")
    return v16.TriggerMessageResponse(status="Accepted" if _trigger(cp, req) else "NotImplemented")


@answers
def extended_trigger(cp: "ChargePoint16", req: v16.ExtendedTriggerMessage) -> v16.ExtendedTriggerMessageResponse:
    known = req.connector_id is None or req.connector_id in cp.connectors
    if not known:
        return v16.ExtendedTriggerMessageResponse(status="Rejected")
    return v16.ExtendedTriggerMessageResponse(status="Accepted" if _trigger(cp, req) else "NotImplemented")


def _trigger(cp: "ChargePoint16", req: v16.TriggerMessage | v16.ExtendedTriggerMessage) -> bool:
    """Begin to send what was asked for. False if this charger has no such message to send."""
    posts = [cp.connectors[req.connector_id]] if req.connector_id else list(cp.connectors.values())
    if req.requested_message == "BootNotification":
        cp.boot_again()
    elif req.requested_message == "Heartbeat":
        cp.soon(cp.heartbeat(), "trigger")
    elif req.requested_message == "StatusNotification":
        if not req.connector_id:
            cp.soon(cp.tell_own_status(again=True), "trigger")
        for post in posts:
            cp.soon(cp.tell_status(post, again=True), "trigger")
    elif req.requested_message == "MeterValues":
        for post in posts:
            cp.soon(cp.sample(post, "Trigger"), "trigger")
    elif req.requested_message == "FirmwareStatusNotification":
        cp.soon(_tell(cp, v16.FirmwareStatusNotification(status="Idle")), "trigger")
    elif req.requested_message == "DiagnosticsStatusNotification":
        cp.soon(_tell(cp, v16.DiagnosticsStatusNotification(status="Idle")), "trigger")
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
    held = cp.reservation_of(post)
    if post.status == "Faulted":
        return v16.ReserveNowResponse(status="Faulted")
    if not post.operative:
        return v16.ReserveNowResponse(status="Unavailable")
    if not post.is_free and (held is None or held.id != req.reservation_id):
        return v16.ReserveNowResponse(status="Occupied")
    post.reservation = Reservation(req.reservation_id, req.id_tag, req.parent_id_tag, until)
    cp.soon(cp.set_status(post, "Available"), "reservation")
    cp.background(_end_reservation(cp, post, post.reservation), "reservation")
    return v16.ReserveNowResponse(status="Accepted")


@answers
def cancel_reservation(cp: "ChargePoint16", req: v16.CancelReservation) -> v16.CancelReservationResponse:
    for post in cp.connectors.values():
        held = cp.reservation_of(post)
        if held is not None and held.id == req.reservation_id:
            post.reservation = None
            cp.soon(cp.set_status(post, "Available"), "reservation")
            return v16.CancelReservationResponse(status="Accepted")
    return v16.CancelReservationResponse(status="Rejected")


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
            cp.tokens.local[entry.id_tag.lower()] = entry.id_tag_info
    cp.tokens.local_version = req.list_version
    return v16.SendLocalListResponse(status="Accepted")


# -- firmware and diagnostics ------------------------------------------------------------------------------------------


@answers
def get_diagnostics(cp: "ChargePoint16", req: v16.GetDiagnostics) -> v16.GetDiagnosticsResponse:
    cp.background(_upload_diagnostics(cp), "diagnostics")
    return v16.GetDiagnosticsResponse(file_name=f"{cp.identity[:40]}-diagnostics.log")


@answers
def update_firmware(cp: "ChargePoint16", req: v16.UpdateFirmware) -> v16.UpdateFirmwareResponse:
    cp.background(_update_firmware(cp, req), "firmware")
    return v16.UpdateFirmwareResponse()


# -- what follows from an answer ---------------------------------------------------------------------------------------


def _connector_for(cp: "ChargePoint16", number: int | None, token: str) -> Connector | None:
    """The connector on which this token may start now."""
    for post in cp.connectors.values():
        usable = post.operative and post.transaction is None and post.status not in ("Faulted", "Unavailable")
        if number in (None, post.number) and usable and cp.may_use(post, token):
            return post
    return None


async def _start_remotely(cp: "ChargePoint16", post: Connector, token: str) -> None:
    if cp.configuration.flag("AuthorizeRemoteTxRequests"):
        info = await cp.authorize(token)
        if info.status != "Accepted":
            return
    await cp.use_token(post, token)
    if cp.autonomous and not post.visited:
        cp.background(_visit(cp, post), "driver")


async def _visit(cp: "ChargePoint16", post: Connector) -> None:
    """A driver who started from afar: plugs in if need be, charges until full or stopped, leaves a little later."""
    post.visited = True
    try:
        if not post.plugged_in:
            await cp.clock.sleep(cp.chance.uniform(3, 10))
            await cp.plug_in(post.number, Vehicle.any(cp.chance, post.outlet.supply.kind))
        if post.transaction is not None:
            await cp.charge(connector=post.number)
        while post.transaction is not None:
            await cp.clock.sleep(5)
        await cp.clock.sleep(cp.chance.uniform(10, 40))
        await cp.unplug(post.number)
    finally:
        post.visited = False


async def _stop_remotely(cp: "ChargePoint16", post: Connector) -> None:
    await cp.stop_transaction(post, "Remote")


def _change_password(cp: "ChargePoint16", value: str) -> v16.ConfigurationStatus:
    """A new AuthorizationKey: hexadecimal, at least 16 bytes; used from the next connection on (whitepaper A01)."""
    try:
        secret = bytes.fromhex(value)
    except ValueError:
        return "Rejected"
    if not 16 <= len(secret) <= 20:
        return "Rejected"
    cp.password = secret
    cp.soon(_come_back(cp), "new password")
    return "Accepted"


async def _come_back(cp: "ChargePoint16") -> None:
    await cp.drop_connection(cleanly=True)
    await cp.until_ready()


async def _tell(
    cp: "ChargePoint16", status: v16.FirmwareStatusNotification | v16.DiagnosticsStatusNotification
) -> None:
    await cp.try_call(status)


async def _end_reservation(cp: "ChargePoint16", post: Connector, reservation: Reservation) -> None:
    await cp.clock.sleep(max(0.0, (reservation.until - cp.now()).total_seconds()) + 0.001)
    if post.reservation is reservation:
        post.reservation = None
        if post.status == "Reserved":
            await cp.set_status(post, "Available")


async def _upload_diagnostics(cp: "ChargePoint16") -> None:
    for status, takes_s in (("Uploading", 8.0), ("Uploaded", 0.0)):
        await cp.try_call(v16.DiagnosticsStatusNotification(status=status))  # type: ignore[arg-type]
        await cp.clock.pass_time(takes_s)


async def _update_firmware(cp: "ChargePoint16", req: v16.UpdateFirmware) -> None:
    """Download, wait until nobody charges, install, restart with the new version."""
    retrieve_at = parse_time(req.retrieve_date)
    if retrieve_at is not None and retrieve_at > cp.now():
        await cp.clock.sleep((retrieve_at - cp.now()).total_seconds())
    for status, takes_s in (("Downloading", 20.0), ("Downloaded", 2.0)):
        await cp.try_call(v16.FirmwareStatusNotification(status=status))  # type: ignore[arg-type]
        await cp.clock.pass_time(takes_s)
    while any(post.transaction is not None for post in cp.connectors.values()):
        await cp.clock.sleep(10)
    await cp.try_call(v16.FirmwareStatusNotification(status="Installing"))
    await cp.clock.pass_time(30.0)
    version = cp.nameplate.firmware.split(".")
    cp.nameplate.firmware = ".".join([*version[:-1], str(int(version[-1]) + 1 if version[-1].isdigit() else 1)])
    await cp.boot()
    await cp.try_call(v16.FirmwareStatusNotification(status="Installed"))
