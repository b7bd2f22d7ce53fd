"""1.6 security extension (whitepaper, edition 3): what a person should look at becomes an alarm; the rest is in the message log."""

from __future__ import annotations

from stationmaster.domain import alarms
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.storage import Work

security = Routes(V16)

# What happens on any day and needs nobody (L14): every boot and every correction of the clock would be an alarm.
_ROUTINE = frozenset(
    {
        "StartupOfTheDevice",
        "ResetOrReboot",
        "SettingSystemTime",
        "FirmwareUpdated",
        "ReconfigurationOfSecurityParameters",
    }
)
# Every other kind is gathered in one, or a charger could raise alarms of as many kinds as it can spell.
_KINDS = frozenset(
    {
        "FailedToAuthenticateAtCentralSystem",
        "CentralSystemFailedToAuthenticate",
        "SecurityLogWasCleared",
        "MemoryExhaustion",
        "InvalidMessages",
        "AttemptedReplayAttacks",
        "TamperDetectionActivated",
        "InvalidFirmwareSignature",
        "InvalidFirmwareSigningCertificate",
        "InvalidCentralSystemCertificate",
        "InvalidChargePointCertificate",
        "InvalidTLSVersion",
        "InvalidTLSCipherSuite",
        "MaintenanceLoginAccepted",
        "MaintenanceLoginFailed",
    }
)


@security.on
def security_event_notification(
    work: Work, station: Station, req: v16.SecurityEventNotification
) -> v16.SecurityEventNotificationResponse:
    if req.type in _KINDS:
        alarms.raise_alarm(work, station, kind=f"security:{req.type}", detail=req.tech_info or "")
    elif req.type not in _ROUTINE:
        alarms.raise_alarm(work, station, kind="security:other", detail=f"{req.type}: {req.tech_info or ''}")
    return v16.SecurityEventNotificationResponse()


@security.on
def log_status_notification(
    work: Work, station: Station, req: v16.LogStatusNotification
) -> v16.LogStatusNotificationResponse:
    return v16.LogStatusNotificationResponse()


@security.on
def signed_firmware_status_notification(
    work: Work, station: Station, req: v16.SignedFirmwareStatusNotification
) -> v16.SignedFirmwareStatusNotificationResponse:
    return v16.SignedFirmwareStatusNotificationResponse()
