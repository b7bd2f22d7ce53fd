"""A believable charger of OCPP 2.0.1 or 2.1. It is driven as the 1.6 one (v16.py); an EVSE has one connector."""

from typing import Any, cast

from stationmaster.ocpp import v21, v201
from stationmaster.ocpp.dialects import V21, V201
from stationmaster.ocpp.messages import Response, now_text
from stationmaster.simulator import (
    v2_answers,
    v2_device,
    v2_display,
    v2_grid,
    v2_monitoring,
    v2_only_21,
    v2_smart_charging,
    v2_upkeep,
)
from stationmaster.simulator.charger import Charger, Welcome
from stationmaster.simulator.meter import Outlet, Reading
from stationmaster.simulator.parts import Connector, Known, Reservation, Transaction
from stationmaster.simulator.station import Queued
from stationmaster.simulator.v2_device import tell_problem
from stationmaster.simulator.v2_words import CHARGING_STATES, STATUSES, STOPPED, id_token, known, meter_value


class ChargingStation201(Charger):
    """A charger that speaks OCPP 2.0.1."""

    dialect = V201
    answers = (
        v2_answers.ANSWERS
        | v2_device.ANSWERS
        | v2_display.ANSWERS
        | v2_monitoring.ANSWERS
        | v2_smart_charging.ANSWERS
        | v2_upkeep.ANSWERS
    )

    def __init__(self, identity: str, url: str = "ws://localhost:9000/ocpp", **options: Any) -> None:
        super().__init__(identity, url, **options)
        self.boot_reason = "PowerUp"
        self.display: dict[int, v201.MessageInfoType] = {}
        self.costs: dict[str, float] = {}  # by transaction, as the CSMS has told them
        self.monitors: dict[int, v2_monitoring.Monitor] = {}
        self.is_watching = False  # over what is monitored
        self.monitoring_level = 9  # all events
        self.network_profiles: dict[int, v201.NetworkConnectionProfileType] = {}
        self._events = 0

    @property
    def security_profile(self) -> int:
        return max([super().security_profile, *(each.security_profile for each in self.network_profiles.values())])

    def next_event(self) -> int:
        """The number of the next event."""
        self._events += 1
        return self._events

    async def fault(self, error_code: str = "OtherError", connector: int = 1) -> None:
        await super().fault(error_code, connector)
        await tell_problem(self, connector, broken=True, code=error_code)

    async def clear_fault(self, connector: int = 1) -> None:
        await super().clear_fault(connector)
        await tell_problem(self, connector, broken=False)

    async def reservation_ended(self, reservation: Reservation, status: str) -> None:
        await self.try_call(
            v201.ReservationStatusUpdate(reservation_id=reservation.id, reservation_update_status=cast(Any, status))
        )

    async def introduce(self) -> Welcome:
        plate = self.nameplate
        request = v201.BootNotification(
            reason=cast(Any, self.boot_reason),
            charging_station=v201.ChargingStationType(
                model=plate.model,
                vendor_name=plate.vendor,
                serial_number=plate.serial_of(self.identity),
                firmware_version=plate.firmware,
            ),
        )
        answer = await self.call(request, v201.BootNotificationResponse)
        self.boot_reason = "PowerUp"
        return Welcome(answer.status, answer.interval, answer.current_time)

    async def ask(self, token: str) -> Known:
        answer = await self.call(v201.Authorize(id_token=id_token(token)), v201.AuthorizeResponse)
        return known(answer.id_token_info)

    async def ask_time(self) -> str:
        return (await self.call(v201.Heartbeat(), v201.HeartbeatResponse)).current_time

    def wire_status(self, status: str) -> str:
        return STATUSES.get(status, "Occupied")

    def status_message(self, number: int, status: str, error_code: str) -> v201.StatusNotification | None:
        """Only connectors have a status in 2.x, the station as such has none."""
        if number == 0:
            return None
        return v201.StatusNotification(
            timestamp=self.now_text(),
            connector_status=cast(Any, status),
            evse_id=number,
            connector_id=1,
        )

    def tell_start(
        self, post: Connector, transaction: Transaction, reservation: Reservation | None, trigger: str
    ) -> Queued:
        # A number alone would be unique only until the simulator starts anew.
        transaction.id = f"{transaction.key}-{self.chance.getrandbits(64):016x}"
        at = now_text(transaction.began)
        transaction.remote_start_id, post.remote_start_id = post.remote_start_id, None
        request = self._event("Started", trigger, transaction, at, post.status)
        request.evse = v201.EVSEType(id=post.number, connector_id=1)
        request.id_token = id_token(transaction.token, kind="Central" if trigger == "RemoteStart" else "ISO14443")
        request.reservation_id = reservation.id if reservation else None
        request.meter_value = [meter_value(at, post.outlet.read(), self.measurands, "Transaction.Begin")]
        opens = {
            "connector": post.number,
            "token": transaction.token,
            "wh": transaction.meter_start_wh,
            "at": at,
            "id": transaction.id,
        }
        return self.submit(request, transaction.key, opens=opens)

    def tell_stop(self, transaction: Transaction, outlet: Outlet, reason: str, token: str | None) -> Queued:
        at, reading = self.now_text(), outlet.read()
        stopped_reason, trigger = STOPPED[reason]
        request = self._event("Ended", trigger, transaction, at, "Finishing")
        request.transaction_info.stopped_reason = cast(Any, stopped_reason)
        request.evse = v201.EVSEType(id=transaction.connector, connector_id=1)
        request.id_token = id_token(token) if token else None
        request.meter_value = [meter_value(at, reading, self.measurands, "Transaction.End")]
        return self.submit(request, transaction.key, closes={"wh": reading.register_wh, "at": at})

    async def tell_reading(self, post: Connector, reading: Reading, context: str) -> None:
        at = self.now_text()
        value = meter_value(at, reading, self.measurands, context)
        if post.transaction is None:
            await self.try_call(v201.MeterValues(evse_id=post.number, meter_value=[value]))
            return
        trigger = "Trigger" if context == "Trigger" else "MeterValuePeriodic"
        request = self._event("Updated", trigger, post.transaction, at, post.status)
        request.meter_value = [value]
        self.submit(request, post.transaction.key)

    def tell_flow(self, post: Connector) -> None:
        if post.transaction is not None:
            event = self._event("Updated", "ChargingStateChanged", post.transaction, self.now_text(), post.status)
            self.submit(event, post.transaction.key)

    def delivered(self, queued: Queued, answer: Response | None) -> None:
        if isinstance(answer, v201.TransactionEventResponse) and answer.id_token_info is not None:
            self.token_judged(self.transactions[queued.transaction], known(answer.id_token_info))

    def has_messages_of(self, transaction_id: str) -> bool:
        """Does the queue still hold events of this transaction?"""
        keys = {key for key, transaction in self.transactions.items() if transaction.id == transaction_id}
        return any(queued.transaction in keys for queued in self._queue)

    def _event(self, kind: str, trigger: str, transaction: Transaction, at: str, status: str) -> v201.TransactionEvent:
        number, transaction.seq_no = transaction.seq_no, transaction.seq_no + 1
        return v201.TransactionEvent(
            event_type=cast(Any, kind),
            timestamp=at,
            trigger_reason=cast(Any, trigger),
            seq_no=number,
            offline=None if self.is_ready else True,  # made while nobody could hear it (E04)
            transaction_info=v201.TransactionType(
                transaction_id=str(transaction.id),
                charging_state=cast(Any, CHARGING_STATES.get(status, "EVConnected")),
                remote_start_id=transaction.remote_start_id,
            ),
        )


class ChargingStation21(ChargingStation201):
    """A charger that speaks OCPP 2.1, and in it what 2.0.1 knows too."""

    dialect = V21
    answers = ChargingStation201.answers | v2_only_21.ANSWERS | v2_grid.ANSWERS | v2_monitoring.ANSWERS_21

    def __init__(self, identity: str, url: str = "ws://localhost:9000/ocpp", **options: Any) -> None:
        super().__init__(identity, url, **options)
        self.controls: dict[str, v2_grid.Control] = {}  # of its power at the grid, by their ids
        self.streams_opened = 0
        self.tariffs: dict[int, v21.TariffType] = {}  # by EVSE, for drivers without one of their own
