"""Block E, transactions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from stationmaster.domain import commands, costs, metering, session_limits, sessions
from stationmaster.domain.commands import Answer
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.domain.tokens import Authorization
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.handlers.words import Moment
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work
from stationmaster.storage.together import Part

transactions = Routes(V201)


@transactions.asks_ahead
def goes_on(work: Work, station: Station, req: v201.TransactionEvent) -> Part | None:
    info = req.transaction_info
    if req.event_type != "Updated" or req.id_token is not None or info is None:
        return None
    if req.trigger_reason in ("Trigger", "LimitSet"):  # there may be a limit to tell with the answer
        return None
    if req.reservation_id or info.remote_start_id:
        return None
    evse = req.evse
    return sessions.going_on(
        station,
        transaction_id=words.transaction_id(info),
        sequence=words.sequence(req.seq_no),
        at=words.moment(work, req.timestamp),
        evse=None if evse is None else words.evse(evse),
        connector=None if evse is None else words.connector(evse),
        charging_state=words.charging_state(info.charging_state),
    )


@transactions.on
def transaction_event(work: Work, station: Station, req: v201.TransactionEvent) -> v201.TransactionEventResponse:
    went_on = sessions.went_on(work)
    if went_on is not None:  # it says nothing else, as nearly all do
        session, at = went_on
        _keep_readings(work, station, words.moments(work, req.meter_value, at), session, req)
        return words.event_response(station, "updated", None, None)
    auth = None if req.id_token is None else words.authorize(work, station, req.id_token)
    at = words.moment(work, req.timestamp)
    moments = words.moments(work, req.meter_value, at)
    told = _told(req, auth, at, moments)
    found = sessions.tell(work, station, told)
    if found is not None and found.again and moments:
        readings = [(moment.taken, moment.raw) for moment in moments]
        kept = metering.are_kept(
            work, station, evse_told=told.evse or 0, transaction_id=told.transaction_id, moments=readings
        )
        if not kept:
            sessions.flag_number_again(work, station, found.session_id)
    _keep_readings(work, station, moments, found, req)
    cost = costs.at_the_end(work, station, found.session_id) if found is not None and told.kind == "ended" else None
    most: Decimal | None = None
    if station.version == "2.1" and found is not None and told.kind == "updated":
        most = session_limits.tell(work, found.session_id, told.sequence)
    return words.event_response(station, told.kind, auth, cost, most)


def _keep_readings(
    work: Work, station: Station, moments: Sequence[Moment], found: sessions.Found | None, req: v201.TransactionEvent
) -> None:
    """What was measured, with the session that it is of."""
    evse_told = words.evse(req.evse) or 0
    evse = (None if found is None else found.evse) or evse_told
    transaction_id, live = words.transaction_id(req.transaction_info), words.kind(req) != "ended"
    for moment in moments:
        words.keep(
            work,
            station,
            moment,
            evse=evse,
            transaction_id=transaction_id,
            live=live,
            session_id=None if found is None else found.session_id,
            evse_told=evse_told,
        )


def _told(
    req: v201.TransactionEvent, auth: Authorization | None, at: Instant, moments: Sequence[Moment]
) -> sessions.TransactionTold:
    """What it says of its transaction, in our words."""
    kind, info = words.kind(req), req.transaction_info
    card = (None if auth is None else auth.card) or words.card(req.id_token)
    ended = kind == "ended"
    reason = None if info is None else info.stopped_reason
    state = None if info is None else info.charging_state
    transaction_id = words.transaction_id(info)
    # A reading that comes every minute is never kept as a whole; what may need a person is.
    content = b"" if kind == "updated" and transaction_id is not None else msgspec.json.encode(req)
    return sessions.TransactionTold(
        kind=kind,
        at=at,
        transaction_id=transaction_id,
        sequence=words.sequence(req.seq_no),
        evse=words.evse(req.evse),
        connector=words.connector(req.evse),
        token=card,
        customer_id=None if auth is None else auth.customer_id,
        authorization=None if auth is None or card is None else auth.status_at(at.at),
        meter_wh=None if kind == "updated" else words.register_wh(kind, at, moments),
        offline=bool(req.offline),
        reason=words.stop_reason(reason) if ended else None,
        reason_told=reason,
        charging_state=words.charging_state(state),
        charging_state_told=state,
        reservation_id=words.number(req.reservation_id),
        remote_start_id=None if info is None else words.number(info.remote_start_id),
        content=content.decode(),
        repeat_key=words.repeat_key(req, content) if ended else "",
        points=tuple(metering.point(moment.taken, moment.reading) for moment in moments)
        if ended or req.offline  # what comes late may be the last reading there is
        else (),
    )


@transactions.sends
def check_session(work: Work, station: Station, command: commands.CheckSession) -> v201.GetTransactionStatus:
    if command.session is None:
        return v201.GetTransactionStatus()
    # Of one that has ended as well: parts of it may be missing still (E14).
    return v201.GetTransactionStatus(transaction_id=sessions.transaction_of(work, station, command.session))


@transactions.answers
def check_session_answered(
    work: Work,
    station: Station,
    command: commands.CheckSession,
    request: v201.GetTransactionStatus,
    response: v201.GetTransactionStatusResponse,
) -> Answer:
    ongoing, queued = response.ongoing_indicator, response.messages_in_queue
    if request.transaction_id is None:
        told = "has yet to tell of a session." if queued else "has told all there is of its sessions."
        return Answer("answered", f"The charger {told}", {"queued": queued})
    ended = sessions.settle(work, station, request.transaction_id, ongoing=ongoing, queued=queued)
    if ongoing:
        sentence = "The session goes on."
    elif queued:
        sentence = "The session has ended; the charger has yet to tell how."
    elif ended:
        sentence = "The charger knows nothing of this session; it was ended as an estimate."
    else:
        sentence = "The session has ended."
    return Answer("answered", sentence, {"ongoing": ongoing, "queued": queued})
