"""What a charger says of its own security: what a person should look at becomes an alarm; the rest is in the message log."""

from __future__ import annotations

from stationmaster.domain import alarms
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

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
# 2.x calls some of them otherwise (2.0.1 part 2 appendices §1).
_SAME = {
    "FailedToAuthenticateAtCsms": "FailedToAuthenticateAtCentralSystem",
    "CsmsFailedToAuthenticate": "CentralSystemFailedToAuthenticate",
    "InvalidCsmsCertificate": "InvalidCentralSystemCertificate",
    "InvalidChargingStationCertificate": "InvalidChargePointCertificate",
}


def record(work: Work, station: Station, *, kind: str, detail: str) -> None:
    """A security event, by its name in any version."""
    named = _SAME.get(kind, kind)
    if named in _KINDS:
        alarms.raise_alarm(work, station, kind=f"security:{named}", detail=detail)
    elif named not in _ROUTINE:
        alarms.raise_alarm(work, station, kind="security:other", detail=f"{kind}: {detail}")
