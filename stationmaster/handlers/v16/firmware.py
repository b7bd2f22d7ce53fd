"""1.6 firmware management profile (§4.4, §4.5, §5.9, §5.19), and its signed form (security whitepaper L01)."""

from __future__ import annotations

from stationmaster.domain import commands, logs
from stationmaster.domain import firmware as updates
from stationmaster.domain.commands import Answer, Awaits
from stationmaster.domain.errors import Invalid
from stationmaster.domain.links import Links
from stationmaster.domain.stations import Station
from stationmaster.handlers import words
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.ocpp.messages import now_text
from stationmaster.storage import Work

firmware = Routes(V16)


@firmware.on
def firmware_status_notification(
    work: Work, station: Station, req: v16.FirmwareStatusNotification
) -> v16.FirmwareStatusNotificationResponse:
    updates.report(work, station, req.status, request_id=None)
    return v16.FirmwareStatusNotificationResponse()


@firmware.on
def signed_firmware_status_notification(
    work: Work, station: Station, req: v16.SignedFirmwareStatusNotification
) -> v16.SignedFirmwareStatusNotificationResponse:
    updates.report(work, station, req.status, request_id=req.request_id)
    return v16.SignedFirmwareStatusNotificationResponse()


@firmware.on
def diagnostics_status_notification(
    work: Work, station: Station, req: v16.DiagnosticsStatusNotification
) -> v16.DiagnosticsStatusNotificationResponse:
    logs.report(work, station, req.status, request_id=None, kind="diagnostics")
    return v16.DiagnosticsStatusNotificationResponse()


@firmware.on
def log_status_notification(
    work: Work, station: Station, req: v16.LogStatusNotification
) -> v16.LogStatusNotificationResponse:
    logs.report(work, station, req.status, request_id=req.request_id)
    return v16.LogStatusNotificationResponse()


@firmware.sends
def update_firmware(
    work: Work, station: Station, command: commands.UpdateFirmware, links: Links
) -> Ask[v16.UpdateFirmware | v16.SignedUpdateFirmware]:
    begin = command.retrieve_at or work.now
    until = begin + links.lifetime
    file, update = updates.begin(work, station, public_id=command.firmware, force=command.force, until=until)
    location = links.to("firmware", update.public_id, until=until, name=file.name)
    awaits = Awaits("firmware", (until - work.now).total_seconds())
    if not words.is_signed(file.signature, command.signed):
        if command.install_at is not None:
            raise Invalid("install_at", "a 1.6 charger can be told when to install a signed firmware only")
        plain = v16.UpdateFirmware(
            location=location,
            retrieve_date=now_text(begin),
            retries=command.retries,
            retry_interval=command.retry_interval_s,
        )
        return Ask([plain], awaits=awaits, request_id=update.request_id)
    assert file.signature is not None and file.signing_certificate is not None
    signed = v16.SignedUpdateFirmware(
        request_id=update.request_id,
        firmware=v16.FirmwareType(
            location=location,
            retrieve_date_time=now_text(begin),
            install_date_time=None if command.install_at is None else now_text(command.install_at),
            signature=file.signature,
            signing_certificate=file.signing_certificate,
        ),
        retries=command.retries,
        retry_interval=command.retry_interval_s,
    )
    return Ask([signed], awaits=awaits, request_id=update.request_id)


@firmware.answers
def update_firmware_answered(
    work: Work,
    station: Station,
    command: commands.UpdateFirmware,
    request: v16.UpdateFirmware,
    response: v16.UpdateFirmwareResponse,
) -> Answer:
    # §6.58: the answer has no fields; what comes of it is told by FirmwareStatusNotification.
    updates.accepted(work, station, None)
    return Answer("accepted")


@firmware.answers
def signed_update_firmware_answered(
    work: Work,
    station: Station,
    command: commands.UpdateFirmware,
    request: v16.SignedUpdateFirmware,
    response: v16.SignedUpdateFirmwareResponse,
) -> Answer:
    return words.update_answer(work, station, request.request_id, response.status)


@firmware.sends
def get_log(
    work: Work, station: Station, command: commands.GetLog, links: Links
) -> Ask[v16.GetDiagnostics | v16.GetLog]:
    until = work.now + links.lifetime
    log = logs.begin(work, station, kind=command.kind, until=until)
    location = links.to("logs", log.public_id, until=until)
    since = None if command.since is None else now_text(command.since)
    before = None if command.until is None else now_text(command.until)
    request: v16.GetDiagnostics | v16.GetLog
    if command.kind == "diagnostics":
        request = v16.GetDiagnostics(
            location=location,
            start_time=since,
            stop_time=before,
            retries=command.retries,
            retry_interval=command.retry_interval_s,
        )
    else:
        request = v16.GetLog(
            request_id=log.request_id,
            log_type="SecurityLog",
            log=v16.LogParametersType(remote_location=location, oldest_timestamp=since, latest_timestamp=before),
            retries=command.retries,
            retry_interval=command.retry_interval_s,
        )
    return Ask([request], awaits=Awaits("log", links.lifetime.total_seconds()), request_id=log.request_id)


@firmware.answers
def get_diagnostics_answered(
    work: Work,
    station: Station,
    command: commands.GetLog,
    request: v16.GetDiagnostics,
    response: v16.GetDiagnosticsResponse,
) -> Answer:
    logs.accepted(work, station, None, name=response.file_name)
    if response.file_name:
        return Answer("accepted", data={"file": response.file_name})
    # §5.9: without a name there is nothing to bring. Some chargers give none, and bring it all the same.
    return Answer("accepted", "The charger has accepted, but names no file; it may have nothing to bring.")


@firmware.answers
def get_log_answered(
    work: Work,
    station: Station,
    command: commands.GetLog,
    request: v16.GetLog,
    response: v16.GetLogResponse,
) -> Answer:
    return words.log_answer(work, station, request.request_id, response.status, response.filename)
