"""The three versions of OCPP that we speak: which actions each has, who may send them, how each spells an error, and its habits.

What differs between versions in the way a message is treated is said here, once; the gateway only asks.
"""

from __future__ import annotations

from types import ModuleType

import msgspec

from stationmaster.ocpp import frames, lenient, v16, v21, v201
from stationmaster.ocpp.errors import Defect, OcppError
from stationmaster.ocpp.messages import Request, Response
from stationmaster.ocpp.shapes import fields_of

Payload = bytes | bytearray | memoryview | msgspec.Raw | dict[str, object]
"""A payload as JSON text, as `frames.read` hands it on, or as a plain dict."""


BEFORE_ACCEPTED = 64 * 1024
"""Bytes of the longest message of a station that is not accepted yet (RPC-21)."""
ONCE_ACCEPTED = 2 * 1024 * 1024
"""And of one that is: a stop with the readings of a whole day has been seen with 375 kB (docs/decisions/0018)."""

# Losing one of these loses money: no error of ours answers them, and they are in the quarantine before an error of theirs.
_TRANSACTION_MESSAGES = frozenset({"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"})

_REPORTS = {
    "GetBaseReport": "NotifyReport",
    "GetReport": "NotifyReport",
    "GetMonitoringReport": "NotifyMonitoringReport",
}


class Dialect:
    """One version of OCPP. There are exactly three: V16, V201 and V21."""

    def __init__(
        self,
        version: str,
        messages: ModuleType,
        *,
        from_station: frozenset[str],
        from_csms: frozenset[str],
        codes: dict[Defect, str],
        frame_types: frozenset[int] = frozenset({frames.CALL, frames.CALL_RESULT, frames.CALL_ERROR}),
        answers_unknown_types: bool = False,
    ) -> None:
        self.version = version
        self.subprotocol = f"ocpp{version}"
        self.requests: dict[str, type[Request]] = {
            name: kind for name, kind in vars(messages).items() if isinstance(kind, type) and issubclass(kind, Request)
        }
        self.from_station = from_station
        """Actions that a station may send to us."""
        self.from_csms = from_csms
        """Actions that we may send to a station."""
        self.frame_types = frame_types
        """Message type numbers that this version has."""
        self.answers_unknown_types = answers_unknown_types
        """Is a frame of an unknown message type answered (2.0.1), or silently dropped (1.6J §4.1.3, 2.1)?"""
        self.registering = "BootNotification"
        """The action by which a station introduces itself, and asks to be accepted."""
        self.prompt = "Heartbeat"
        """The one action that may be answered without a commit (rule 1)."""
        self.asks_to_register: tuple[str, Request] = (
            "TriggerMessage",
            messages.TriggerMessage(requested_message=self.registering),
        )
        """What makes a station introduce itself, should it never have done so (L3)."""
        self.transaction_messages = _TRANSACTION_MESSAGES & from_station
        """Their loss loses money."""
        self.unrefusable = self.transaction_messages - {"MeterValues"}
        """The halves of a transaction: never refused for what is in their fields."""
        self.told_once = self.unrefusable
        """Messages that tell of one event, and whose answer hangs on neither time nor state: told again, they get the same
        answer again (RPC-10). All others are looked at anew, and the keys of their content tell whether they are repeats."""
        self.without_secrets = frozenset({self.prompt, "Authorize"}) | self.transaction_messages
        """What these say when they are in order holds no password, wherever one looks."""
        self._codes = codes

    def __repr__(self) -> str:
        return f"Dialect({self.version!r})"

    def decode_request(self, action: str, payload: Payload, *, strict: bool = False) -> tuple[Request, tuple[str, ...]]:
        """The typed request, and remarks on what was tolerated. Strict tolerates nothing. Raises OcppError."""
        return lenient.decode(
            self._request_type(action),
            payload,
            strict=strict,
            unrefusable=action in self.unrefusable,
            guesses=action == self.registering,  # whoever cannot introduce itself can do nothing at all
        )

    def invited(self, action: str, payload: dict[str, object]) -> str | None:
        """What a station may send because we have asked for this, though it is not accepted yet (CON-21, B02)."""
        asked: object = _REPORTS.get(action)
        if action in ("TriggerMessage", "ExtendedTriggerMessage"):
            asked = payload.get("requestedMessage")
            if isinstance(asked, str) and asked.startswith("Sign") and asked.endswith("Certificate"):
                asked = "SignCertificate"
            elif action == "ExtendedTriggerMessage" and asked == "FirmwareStatusNotification":
                asked = "SignedFirmwareStatusNotification"
        return asked if isinstance(asked, str) and asked in self.from_station else None

    def limit(self, *, accepted: bool) -> int:
        """The longest message taken, in bytes."""
        return ONCE_ACCEPTED if accepted else BEFORE_ACCEPTED

    def decode_response(self, action: str, payload: Payload, *, strict: bool = False) -> Response:
        """The typed answer to a request of ours, repaired where it may be. Raises OcppError."""
        response, _ = lenient.decode(self._request_type(action).response, payload, strict=strict)
        return response

    def receipt(self, action: str) -> Response | None:
        """The answer that says no more than that the message has come; None where an answer has to say more."""
        response = self._request_type(action).response
        return None if any(field.required for field in fields_of(response)) else response()

    def error_code(self, defect: Defect) -> str:
        """This version's own name for the defect (rules of 1.6J §4.2.3, 2.x part 4 §4.3)."""
        return self._codes[defect]

    def _request_type(self, action: str) -> type[Request]:
        kind = self.requests.get(action)
        if kind is None:
            raise OcppError(Defect.UNKNOWN_ACTION, f"OCPP {self.version} has no such action")
        return kind


_CODES_16 = {
    Defect.FRAME: "FormationViolation",
    Defect.MESSAGE_TYPE: "FormationViolation",
    Defect.UNKNOWN_ACTION: "NotImplemented",
    Defect.NOT_SUPPORTED: "NotSupported",
    Defect.PROTOCOL: "ProtocolError",
    Defect.STRUCTURE: "FormationViolation",
    # One r: that is how 1.6J spells it, and its errata 5.1 asks not to correct it.
    Defect.OCCURRENCE: "OccurenceConstraintViolation",
    Defect.TYPE: "TypeConstraintViolation",
    Defect.PROPERTY: "PropertyConstraintViolation",
    Defect.FORMAT: "FormationViolation",
    Defect.SECURITY: "SecurityError",
    Defect.INTERNAL: "InternalError",
    Defect.GENERIC: "GenericError",
}

_CODES_2 = _CODES_16 | {
    Defect.FRAME: "RpcFrameworkError",
    Defect.MESSAGE_TYPE: "MessageTypeNotSupported",
    # In 2.x a missing field is a matter of occurrence; ProtocolError is for a payload that is not the message's shape.
    Defect.PROTOCOL: "OccurrenceConstraintViolation",
    Defect.STRUCTURE: "ProtocolError",
    Defect.OCCURRENCE: "OccurrenceConstraintViolation",
    Defect.FORMAT: "FormatViolation",
}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STATION_16 = _names(
    """
    Authorize BootNotification DataTransfer DiagnosticsStatusNotification FirmwareStatusNotification Heartbeat
    LogStatusNotification MeterValues SecurityEventNotification SignCertificate SignedFirmwareStatusNotification
    StartTransaction StatusNotification StopTransaction
    """
)
_CSMS_16 = _names(
    """
    CancelReservation CertificateSigned ChangeAvailability ChangeConfiguration ClearCache ClearChargingProfile
    DataTransfer DeleteCertificate ExtendedTriggerMessage GetCompositeSchedule GetConfiguration GetDiagnostics
    GetInstalledCertificateIds GetLocalListVersion GetLog InstallCertificate RemoteStartTransaction
    RemoteStopTransaction ReserveNow Reset SendLocalList SetChargingProfile SignedUpdateFirmware TriggerMessage
    UnlockConnector UpdateFirmware
    """
)
_STATION_201 = _names(
    """
    Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification Get15118EVCertificate
    GetCertificateStatus Heartbeat LogStatusNotification MeterValues NotifyChargingLimit NotifyCustomerInformation
    NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent NotifyMonitoringReport NotifyReport
    PublishFirmwareStatusNotification ReportChargingProfiles ReservationStatusUpdate SecurityEventNotification
    SignCertificate StatusNotification TransactionEvent
    """
)
_CSMS_201 = _names(
    """
    CancelReservation CertificateSigned ChangeAvailability ClearCache ClearChargingProfile ClearDisplayMessage
    ClearVariableMonitoring CostUpdated CustomerInformation DataTransfer DeleteCertificate GetBaseReport
    GetChargingProfiles GetCompositeSchedule GetDisplayMessages GetInstalledCertificateIds GetLocalListVersion GetLog
    GetMonitoringReport GetReport GetTransactionStatus GetVariables InstallCertificate PublishFirmware
    RequestStartTransaction RequestStopTransaction ReserveNow Reset SendLocalList SetChargingProfile SetDisplayMessage
    SetMonitoringBase SetMonitoringLevel SetNetworkProfile SetVariableMonitoring SetVariables TriggerMessage
    UnlockConnector UnpublishFirmware UpdateFirmware
    """
)
_STATION_21 = _STATION_201 | _names(
    """
    BatterySwap ClosePeriodicEventStream GetCertificateChainStatus NotifyDERAlarm NotifyDERStartStop
    NotifyPeriodicEventStream NotifyPriorityCharging NotifySettlement OpenPeriodicEventStream PullDynamicScheduleUpdate
    ReportDERControl VatNumberValidation
    """
)
_CSMS_21 = _CSMS_201 | _names(
    """
    AFRRSignal AdjustPeriodicEventStream ChangeTransactionTariff ClearDERControl ClearTariffs GetDERControl
    GetPeriodicEventStream GetTariffs NotifyAllowedEnergyTransfer NotifyWebPaymentStarted RequestBatterySwap
    SetDERControl SetDefaultTariff UpdateDynamicSchedule UsePriorityCharging
    """
)

V16 = Dialect("1.6", v16, from_station=_STATION_16, from_csms=_CSMS_16, codes=_CODES_16)
V201 = Dialect(
    "2.0.1", v201, from_station=_STATION_201, from_csms=_CSMS_201, codes=_CODES_2, answers_unknown_types=True
)
V21 = Dialect(
    "2.1",
    v21,
    from_station=_STATION_21,
    from_csms=_CSMS_21,
    codes=_CODES_2,
    frame_types=frozenset({frames.CALL, frames.CALL_RESULT, frames.CALL_ERROR, frames.CALL_RESULT_ERROR, frames.SEND}),
)

DIALECTS = {dialect.subprotocol: dialect for dialect in (V21, V201, V16)}
"""By subprotocol, in the order in which we prefer them."""
