"""What a CSMS may ask of a 2.0.1 or 2.1 charger, and what a sensible one answers.

The types are those of 2.0.1; 2.1's extend them, so that one function serves both.
"""

from typing import TYPE_CHECKING, Any, cast

from stationmaster.ocpp import v201
from stationmaster.ocpp.messages import Request, parse_time
from stationmaster.simulator import asked
from stationmaster.simulator.parts import Connector, Reservation
from stationmaster.simulator.station import Handler, answering
from stationmaster.simulator.v2_upkeep import sign_certificate
from stationmaster.simulator.v2_words import known, profile

if TYPE_CHECKING:
    from stationmaster.simulator.v2 import ChargingStation201

ANSWERS: dict[str, Handler] = {}
answers = answering(ANSWERS)

ECHO_VENDOR = "stationmaster.simulator"


# -- remote control ----------------------------------------------------------------------------------------------------


@answers
def request_start(cs: "ChargingStation201", req: v201.RequestStartTransaction) -> v201.RequestStartTransactionResponse:
    token = req.id_token.id_token
    post = asked.connector_for(cs, token, req.evse_id)
    given = req.charging_profile
    if not cs.is_ready:  # pending: not before the CSMS has accepted us (B02.FR.05)
        return v201.RequestStartTransactionResponse(status="Rejected")
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
    post = None if req.evse_id is None else cs.connectors.get(req.evse_id)
    if req.evse_id is not None and post is None:
        return v201.ResetResponse(status="Rejected")
    posts = list(cs.connectors.values()) if post is None else [post]
    waits = req.type == "OnIdle" and any(each.transaction is not None for each in posts)
    cs.background(_reset(cs, post, waits=waits), "reset") if waits else cs.soon(_reset(cs, post, waits=False), "reset")
    return v201.ResetResponse(status="Scheduled" if waits else "Accepted")


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
    wanted = req.requested_message
    if wanted == "BootNotification":
        if cs.registration == "Accepted":  # F06.FR.17
            return v201.TriggerMessageResponse(status="Rejected")
        cs.boot_reason = "Triggered"
        cs.boot_again()
    elif wanted == "Heartbeat":
        cs.soon(cs.heartbeat(), "trigger")
    elif wanted == "StatusNotification":
        for post in posts:
            cs.soon(cs.tell_status(post, again=True), "trigger")
    elif wanted in ("MeterValues", "TransactionEvent"):
        for post in posts:
            if wanted == "MeterValues" or post.transaction is not None:
                cs.soon(cs.sample(post, "Trigger"), "trigger")
    elif wanted == "FirmwareStatusNotification":
        update = cs.firmware_update
        told = v201.FirmwareStatusNotification(status=cast(Any, update.status), request_id=update.request_id)
        cs.soon(_tell(cs, told), "trigger")
    elif wanted == "LogStatusNotification":
        upload = cs.log_upload
        cs.soon(
            _tell(cs, v201.LogStatusNotification(status=cast(Any, upload.status), request_id=upload.request_id)),
            "trigger",
        )
    elif wanted == "SignChargingStationCertificate":
        cs.soon(sign_certificate(cs, "ChargingStationCertificate"), "trigger")
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
def send_local_list(cs: "ChargingStation201", req: v201.SendLocalList) -> v201.SendLocalListResponse:
    entries = req.local_authorization_list or []
    if not cs.configuration.flag("LocalAuthListEnabled"):
        return v201.SendLocalListResponse(status="Failed")
    if len(entries) > cs.configuration.number("SendLocalListMaxLength"):
        return v201.SendLocalListResponse(status="Failed")
    if req.update_type == "Differential" and req.version_number <= cs.tokens.local_version:
        return v201.SendLocalListResponse(status="VersionMismatch")
    if req.update_type == "Full":
        cs.tokens.local.clear()
    for entry in entries:
        token = entry.id_token.id_token.lower()
        if entry.id_token_info is None:
            cs.tokens.local.pop(token, None)
        else:
            cs.tokens.local[token] = known(entry.id_token_info)
    cs.tokens.local_version = req.version_number
    return v201.SendLocalListResponse(status="Accepted")


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


# -- other -------------------------------------------------------------------------------------------------------------


@answers
def data_transfer(cs: "ChargingStation201", req: v201.DataTransfer) -> v201.DataTransferResponse:
    if req.vendor_id != ECHO_VENDOR:
        return v201.DataTransferResponse(status="UnknownVendorId")
    return v201.DataTransferResponse(status="Accepted", data=req.data)


# -- helpers -----------------------------------------------------------------------------------------------------------


async def _reset(cs: "ChargingStation201", post: Connector | None, *, waits: bool) -> None:
    """Restart the charger, or one EVSE alone, when nobody charges there any more."""
    while waits and any(
        each.transaction is not None for each in cs.connectors.values() if post is None or each is post
    ):
        await cs.clock.sleep(5)
    if post is None:
        cs.boot_reason = "ScheduledReset" if waits else "RemoteReset"
        cs.reset("Soft" if waits else "Hard")
        return
    await cs.stop_transaction(post, "HardReset")
    await cs.set_status(post, "Unavailable")
    await cs.clock.pass_time(5)
    await cs.set_operative(post, post.operative)


async def _tell(cs: "ChargingStation201", message: Request) -> None:
    await cs.try_call(message)
