"""Block N, diagnostics: logs, and what the station knows of a customer. Its monitors are in monitoring.py."""

from __future__ import annotations

from stationmaster.domain import commands, logs
from stationmaster.domain.commands import Answer, Awaits
from stationmaster.domain.links import Links
from stationmaster.domain.stations import Station
from stationmaster.handlers import words as all_words
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.ocpp.messages import now_text
from stationmaster.storage import Work

diagnostics = Routes(V201)

REPORT_S = 60.0
_NOT_UPLOADED = ("BadMessage", "NotSupportedOperation", "PermissionDenied", "UploadFailure")


@diagnostics.on
def log_status_notification(
    work: Work, station: Station, req: v201.LogStatusNotification
) -> v201.LogStatusNotificationResponse:
    if req.request_id is None or not logs.report(work, station, req.status, request_id=req.request_id):
        words.progress(work, station, req.request_id, req.status, _NOT_UPLOADED)  # of a raw call
    return v201.LogStatusNotificationResponse()


@diagnostics.on
def notify_customer_information(
    work: Work, station: Station, req: v201.NotifyCustomerInformation
) -> v201.NotifyCustomerInformationResponse:
    commands.take_part(work, station, req.request_id, seq=req.seq_no, more=req.tbc is True, text=req.data)
    return v201.NotifyCustomerInformationResponse()


@diagnostics.sends
def customer_information(
    work: Work, station: Station, command: commands.CustomerInformation
) -> Ask[v201.CustomerInformation]:
    number = commands.new_request_id()
    request = v201.CustomerInformation(
        request_id=number,
        report=command.report,
        clear=command.clear,
        id_token=None if command.token is None else words.id_token(work, station, command.token),
        customer_identifier=command.customer,
        customer_certificate=None if command.certificate is None else words.certificate_hash(command.certificate),
    )
    # N10.FR.06: one that only forgets tells so afterwards; its answer is enough.
    return Ask([request], awaits=Awaits("report", REPORT_S) if command.report else None, request_id=number)


@diagnostics.answers
def customer_information_answered(
    work: Work,
    station: Station,
    command: commands.CustomerInformation,
    request: v201.CustomerInformation,
    response: v201.CustomerInformationResponse,
) -> Answer:
    if response.status == "Invalid":
        return Answer("rejected", "The charger cannot look a customer up by this.")
    return words.answer(response.status, words.reason(response.status_info))


@diagnostics.sends
def get_log(work: Work, station: Station, command: commands.GetLog, links: Links) -> Ask[v201.GetLog]:
    until = work.now + links.lifetime
    log = logs.begin(work, station, kind=command.kind, until=until)
    request = v201.GetLog(
        request_id=log.request_id,
        log_type="SecurityLog" if command.kind == "security" else "DiagnosticsLog",
        log=v201.LogParametersType(
            remote_location=links.to("logs", log.public_id, until=until),
            oldest_timestamp=None if command.since is None else now_text(command.since),
            latest_timestamp=None if command.until is None else now_text(command.until),
        ),
        retries=command.retries,
        retry_interval=command.retry_interval_s,
    )
    return Ask([request], awaits=Awaits("log", links.lifetime.total_seconds()), request_id=log.request_id)


@diagnostics.answers
def get_log_answered(
    work: Work, station: Station, command: commands.GetLog, request: v201.GetLog, response: v201.GetLogResponse
) -> Answer:
    info = words.reason(response.status_info)
    return all_words.log_answer(work, station, request.request_id, response.status, response.filename, info)
