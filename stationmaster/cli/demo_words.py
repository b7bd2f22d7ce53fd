"""What a charger of the demo's story says, in each version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import routes_21, routes_201
from stationmaster.handlers.v16 import routes as routes_16
from stationmaster.ocpp import v16, v201
from stationmaster.ocpp.messages import Request, Response, now_text
from stationmaster.simulator.parts import Nameplate

REGISTER: Literal["Energy.Active.Import.Register"] = "Energy.Active.Import.Register"


@dataclass
class Running:
    """A transaction of the story. `id` is given by us in 1.6, and by the charger in 2.x."""

    connector: int
    token: str
    id: int | str
    said: int = 0  # how many events of it were told (2.x)


class Words(Protocol):
    """How the chargers of one version say what happens. None: this version says nothing of it."""

    routes: Routes

    def boot(self, plate: Nameplate, serial: str) -> Request: ...

    def status(self, connector: int, status: str, at: datetime, error: str = "NoError") -> Request | None:
        """`status` as 1.6 has it."""

    def start(self, running: Running, at: datetime, meter_wh: int) -> Request: ...

    def started(self, running: Running, answer: Response) -> None: ...

    def values(self, running: Running, at: datetime, meter_wh: int, power_w: int) -> Request: ...

    def stop(self, running: Running, at: datetime, meter_wh: int) -> Request: ...

    def opened(self, at: datetime) -> Request:
        """Somebody has opened the housing."""


class Words16:
    routes = routes_16

    def boot(self, plate: Nameplate, serial: str) -> Request:
        return v16.BootNotification(
            charge_point_vendor=plate.vendor,
            charge_point_model=plate.model,
            charge_point_serial_number=serial,
            firmware_version=plate.firmware,
        )

    def status(self, connector: int, status: Any, at: datetime, error: Any = "NoError") -> Request:
        return v16.StatusNotification(connector_id=connector, error_code=error, status=status, timestamp=now_text(at))

    def start(self, running: Running, at: datetime, meter_wh: int) -> Request:
        return v16.StartTransaction(
            connector_id=running.connector, id_tag=running.token, meter_start=meter_wh, timestamp=now_text(at)
        )

    def started(self, running: Running, answer: Response) -> None:
        assert isinstance(answer, v16.StartTransactionResponse)
        running.id = answer.transaction_id

    def values(self, running: Running, at: datetime, meter_wh: int, power_w: int) -> Request:
        samples = [
            v16.SampledValue(value=str(meter_wh), measurand=REGISTER, unit="Wh"),
            v16.SampledValue(value=str(power_w), measurand="Power.Active.Import", unit="W"),
        ]
        value = v16.MeterValue(timestamp=now_text(at), sampled_value=samples)
        return v16.MeterValues(connector_id=running.connector, transaction_id=int(running.id), meter_value=[value])

    def stop(self, running: Running, at: datetime, meter_wh: int) -> Request:
        return v16.StopTransaction(
            meter_stop=meter_wh,
            timestamp=now_text(at),
            transaction_id=int(running.id),
            id_tag=running.token,
            reason="Local",
        )

    def opened(self, at: datetime) -> Request:
        return v16.SecurityEventNotification(type="TamperDetectionActivated", timestamp=now_text(at))


class Words2:
    """2.0.1, and 2.1 with the same."""

    _STATUSES: dict[str, Any] = {"Preparing": "Occupied", "Available": "Available", "Faulted": "Faulted"}

    def __init__(self, routes: Routes) -> None:
        self.routes = routes

    def boot(self, plate: Nameplate, serial: str) -> Request:
        station = v201.ChargingStationType(
            model=plate.model, vendor_name=plate.vendor, serial_number=serial, firmware_version=plate.firmware
        )
        return v201.BootNotification(reason="PowerUp", charging_station=station)

    def status(self, connector: int, status: str, at: datetime, error: str = "NoError") -> Request | None:
        if status not in self._STATUSES:
            return None  # the events of the transaction tell it
        return v201.StatusNotification(
            timestamp=now_text(at), connector_status=self._STATUSES[status], evse_id=connector, connector_id=1
        )

    def start(self, running: Running, at: datetime, meter_wh: int) -> Request:
        event = self._event(running, "Started", "Authorized", at, meter_wh, context="Transaction.Begin")
        event.id_token = v201.IdTokenType(id_token=running.token, type="ISO14443")
        return event

    def started(self, running: Running, answer: Response) -> None:
        """The charger has named it itself."""

    def values(self, running: Running, at: datetime, meter_wh: int, power_w: int) -> Request:
        return self._event(running, "Updated", "MeterValuePeriodic", at, meter_wh, power_w=power_w)

    def stop(self, running: Running, at: datetime, meter_wh: int) -> Request:
        event = self._event(running, "Ended", "StopAuthorized", at, meter_wh, context="Transaction.End")
        event.id_token = v201.IdTokenType(id_token=running.token, type="ISO14443")
        event.transaction_info.stopped_reason = "Local"
        return event

    def opened(self, at: datetime) -> Request:
        return v201.SecurityEventNotification(type="TamperDetectionActivated", timestamp=now_text(at))

    def _event(
        self,
        running: Running,
        kind: Any,
        trigger: Any,
        at: datetime,
        meter_wh: int,
        *,
        power_w: int | None = None,
        context: Any = "Sample.Periodic",
    ) -> v201.TransactionEvent:
        watt_hours, watts = v201.UnitOfMeasureType(unit="Wh"), v201.UnitOfMeasureType(unit="W")
        samples = [
            v201.SampledValueType(
                value=float(meter_wh), measurand=REGISTER, context=context, unit_of_measure=watt_hours
            )
        ]
        if power_w is not None:
            samples.append(
                v201.SampledValueType(
                    value=float(power_w), measurand="Power.Active.Import", context=context, unit_of_measure=watts
                )
            )
        number, running.said = running.said, running.said + 1
        return v201.TransactionEvent(
            event_type=kind,
            timestamp=now_text(at),
            trigger_reason=trigger,
            seq_no=number,
            transaction_info=v201.TransactionType(
                transaction_id=str(running.id), charging_state="EVConnected" if kind == "Ended" else "Charging"
            ),
            evse=v201.EVSEType(id=running.connector, connector_id=1),
            meter_value=[v201.MeterValueType(timestamp=now_text(at), sampled_value=samples)],
        )


WORDS: dict[str, Words] = {"1.6": Words16(), "2.0.1": Words2(routes_201), "2.1": Words2(routes_21)}
