"""1.6 core profile, from the station (§4.1–4.10)."""

from __future__ import annotations

import msgspec

from stationmaster.domain import auto_start, boots, connectors, metering, sessions, shown_prices, tokens
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v16 import words
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.ocpp.messages import now_text
from stationmaster.storage import Work

core = Routes(V16)

_REGISTRATION: dict[str, v16.RegistrationStatus] = {
    "accepted": "Accepted",
    "pending": "Pending",
    "rejected": "Rejected",
}
_FREE = ("Available", "Unavailable", "Reserved")  # states in which no session can be going on


@core.on
def boot_notification(work: Work, station: Station, req: v16.BootNotification) -> v16.BootNotificationResponse:
    facts = boots.BootFacts(
        vendor=req.charge_point_vendor,
        model=req.charge_point_model,
        serial=req.charge_point_serial_number or req.charge_box_serial_number,
        firmware=req.firmware_version,
        iccid=req.iccid,
        imsi=req.imsi,
        meter_type=req.meter_type,
        meter_serial=req.meter_serial_number,
    )
    registration = boots.record(work, station, facts)
    sessions.suspect(work, station)
    return v16.BootNotificationResponse(
        status=_REGISTRATION[registration],
        current_time=now_text(work.now),
        interval=words.spread(station.heartbeat_interval_s),
    )


@core.on
def heartbeat(work: Work, station: Station, req: v16.Heartbeat) -> v16.HeartbeatResponse:
    return v16.HeartbeatResponse(current_time=now_text(work.now))


@core.on
def status_notification(work: Work, station: Station, req: v16.StatusNotification) -> v16.StatusNotificationResponse:
    evse = words.connector(req.connector_id)
    connectors.report_status(
        work,
        station,
        evse=evse,
        connector=1 if evse else 0,
        state=words.state(req.status),
        status=req.status,
        at=words.moment(work, req.timestamp).at,
        error_code=None if req.error_code == "NoError" else req.error_code,
        info=req.info,
        vendor_id=req.vendor_id,
        vendor_error_code=req.vendor_error_code,
    )
    if req.error_code == "PowerMeterFailure":
        sessions.meter_failed(work, station, evse=evse, told=req.error_code)
    if evse > 0 and req.status in _FREE:
        sessions.suspect(work, station, evse=evse)
    return v16.StatusNotificationResponse()


@core.on
def authorize(work: Work, station: Station, req: v16.Authorize) -> v16.AuthorizeResponse:
    card = words.card(req.id_tag)
    auth = tokens.authorize_told(work, station, card)
    if auth.accepted and card is not None:
        auto_start.card_accepted(work, station, auth.card or card)
        shown_prices.ask(work, station, card, auth.customer_id)
    return v16.AuthorizeResponse(id_tag_info=words.id_tag_info(auth))


@core.on
def start_transaction(work: Work, station: Station, req: v16.StartTransaction) -> v16.StartTransactionResponse:
    # §4.8: the station may have let this token in from a stale cache, so look again.
    card = words.card(req.id_tag)
    auth = tokens.authorize_told(work, station, card)
    at = words.moment(work, req.timestamp)
    evse = words.connector_if_told(req.connector_id)
    begun = sessions.tell(
        work,
        station,
        sessions.TransactionTold(
            kind="started",
            numbered=True,
            evse=evse,
            connector=None if evse is None else 1,
            token=auth.card or card,
            customer_id=auth.customer_id,
            authorization=auth.status_at(at.at),
            at=at,
            meter_wh=words.wh(req.meter_start),
            reservation_id=words.reservation(req.reservation_id),
        ),
    )
    assert begun is not None  # a start always makes or finds a session
    if auth.accepted and card is not None:  # from its own list, or where it shows a price in a session only
        shown_prices.ask(work, station, card, auth.customer_id, shown_at=at.at)
    return v16.StartTransactionResponse(transaction_id=int(begun.transaction_id), id_tag_info=words.id_tag_info(auth))


@core.on
def meter_values(work: Work, station: Station, req: v16.MeterValues) -> v16.MeterValuesResponse:
    transaction_id = words.transaction_id(req.transaction_id)
    for moment in words.moments(work, req.meter_value):
        words.keep(work, station, moment, evse=words.connector(req.connector_id), transaction_id=transaction_id)
    return v16.MeterValuesResponse()


@core.on
def stop_transaction(work: Work, station: Station, req: v16.StopTransaction) -> v16.StopTransactionResponse:
    transaction_id = words.transaction_id(req.transaction_id)
    moments = words.moments(work, req.transaction_data or ())
    card = words.card(req.id_tag)
    # Some chargers repeat the stop for ever when a token was sent and no idTagInfo comes back.
    auth = None if req.id_tag is None else tokens.authorize_told(work, station, card)
    ended = sessions.tell(
        work,
        station,
        sessions.TransactionTold(
            kind="ended",
            numbered=True,
            transaction_id=transaction_id,
            at=words.moment(work, req.timestamp),
            meter_wh=words.wh(req.meter_stop),
            token=card if auth is None else auth.card or card,
            reason=words.stop_reason(req.reason),
            reason_told=req.reason,
            content=msgspec.json.encode(req).decode(),
            repeat_key=words.repeat_key(req),
            points=tuple(metering.point(moment.taken, moment.reading) for moment in moments),
        ),
    )
    for moment in moments:
        session_id = None if ended is None else ended.session_id
        words.keep(work, station, moment, evse=0, transaction_id=transaction_id, live=False, session_id=session_id)
    return v16.StopTransactionResponse(id_tag_info=None if auth is None else words.id_tag_info(auth))
