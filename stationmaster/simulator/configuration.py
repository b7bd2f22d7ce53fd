"""The configuration keys of a believable OCPP 1.6 charger (1.6 §9, security whitepaper)."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["bool", "int", "csv", "text"]


@dataclass
class Setting:
    """One key. A change of one with `needs_reboot` takes effect after the next reset."""

    value: str
    kind: Kind = "text"
    readonly: bool = False
    needs_reboot: bool = False
    secret: bool = False  # can be written, is never read out

    def accepts(self, value: str) -> bool:
        """Is this a value that such a key can have?"""
        if self.kind == "bool":
            return value.lower() in ("true", "false")
        if self.kind == "int":
            return value.isdigit() and len(value) <= 9
        return len(value) <= 500


def _writable(value: str, kind: Kind, *, needs_reboot: bool = False) -> Setting:
    return Setting(value, kind, needs_reboot=needs_reboot)


def _fixed(value: str, kind: Kind = "int") -> Setting:
    return Setting(value, kind, readonly=True)


MEASURANDS = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"


class Configuration:
    """All keys of one charger."""

    def __init__(self, connectors: int = 1) -> None:
        self.settings: dict[str, Setting] = {
            "AllowOfflineTxForUnknownId": _writable("true", "bool"),
            "AuthorizationCacheEnabled": _writable("true", "bool"),
            "AuthorizationKey": Setting("", secret=True),
            "AuthorizeRemoteTxRequests": _writable("false", "bool"),
            "ClockAlignedDataInterval": _writable("0", "int"),
            "ConnectionTimeOut": _writable("60", "int"),
            "ConnectorPhaseRotation": _writable("0.RST,1.RST", "csv"),
            "GetConfigurationMaxKeys": _fixed("50"),
            "HeartbeatInterval": _writable("300", "int"),
            "LocalAuthorizeOffline": _writable("true", "bool"),
            "LocalPreAuthorize": _writable("false", "bool"),
            "MeterValuesAlignedData": _writable("Energy.Active.Import.Register", "csv"),
            "MeterValuesSampledData": _writable(MEASURANDS, "csv"),
            "MeterValueSampleInterval": _writable("60", "int"),
            "NumberOfConnectors": _fixed(str(connectors)),
            "ResetRetries": _writable("3", "int"),
            "StopTransactionOnEVSideDisconnect": _writable("true", "bool"),
            "StopTransactionOnInvalidId": _writable("true", "bool"),
            "StopTxnAlignedData": _writable("", "csv"),
            "StopTxnSampledData": _writable("", "csv"),
            "SupportedFeatureProfiles": _fixed(
                "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger", "csv"
            ),
            "TransactionMessageAttempts": _writable("3", "int"),
            "TransactionMessageRetryInterval": _writable("60", "int"),
            "UnlockConnectorOnEVSideDisconnect": _writable("true", "bool"),
            "WebSocketPingInterval": _writable("60", "int", needs_reboot=True),
            "LocalAuthListEnabled": _writable("true", "bool"),
            "LocalAuthListMaxLength": _fixed("1000"),
            "SendLocalListMaxLength": _fixed("100"),
            "ReserveConnectorZeroSupported": _fixed("false", "bool"),
            "ChargeProfileMaxStackLevel": _fixed("10"),
            "ChargingScheduleAllowedChargingRateUnit": _fixed("Current,Power", "csv"),
            "ChargingScheduleMaxPeriods": _fixed("24"),
            "MaxChargingProfilesInstalled": _fixed("20"),
            "SecurityProfile": _writable("1", "int", needs_reboot=True),
            "CpoName": _writable("", "text"),
        }

    def __getitem__(self, key: str) -> str:
        return self.settings[key].value

    def number(self, key: str) -> int:
        return int(self[key])

    def flag(self, key: str) -> bool:
        return self[key].lower() == "true"

    def words(self, key: str) -> list[str]:
        return [word.strip() for word in self[key].split(",") if word.strip()]

    def find(self, key: str) -> tuple[str, Setting] | None:
        """The key as this charger spells it: keys are compared without regard to case (1.6 §9)."""
        for name, setting in self.settings.items():
            if name.lower() == key.lower():
                return name, setting
        return None

    def change(self, key: str, value: str) -> Literal["Accepted", "Rejected", "RebootRequired", "NotSupported"]:
        """Set a key, as ChangeConfiguration would; the answer to give (1.6 §5.3)."""
        found = self.find(key)
        if found is None:
            return "NotSupported"
        _, setting = found
        if setting.readonly or not setting.accepts(value):
            return "Rejected"
        setting.value = value
        return "RebootRequired" if setting.needs_reboot else "Accepted"
