"""A believable OCPP 1.6 charger.

```python
async with ChargePoint16("CP1", "ws://localhost:9000/ocpp", password="…") as cp16:
    await cp16.plug_in()
    await cp16.tap("RFID1")
    await cp16.charge(kwh=5)
    await cp16.unplug()
```
"""

from typing import Any, cast

from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.ocpp.messages import Response, now_text
from stationmaster.simulator import v16_answers, v16_security
from stationmaster.simulator.charger import CannotCharge, Charger, Welcome
from stationmaster.simulator.journal import Payload
from stationmaster.simulator.meter import Outlet, Reading
from stationmaster.simulator.parts import Connector, Known, Reservation, Transaction
from stationmaster.simulator.station import Queued
from stationmaster.simulator.v16_words import known, meter_value, transaction_data

__all__ = ["CannotCharge", "ChargePoint16"]

NO_TRANSACTION_ID = -1  # sent when the server never gave us one (1.6 errata 3.18)


class ChargePoint16(Charger):
    """A charger that speaks OCPP 1.6."""

    dialect = V16
    answers = v16_answers.ANSWERS | v16_security.ANSWERS

    async def introduce(self) -> Welcome:
        plate = self.nameplate
        request = v16.BootNotification(
            charge_point_vendor=plate.vendor,
            charge_point_model=plate.model,
            charge_point_serial_number=plate.serial_of(self.identity),
            firmware_version=plate.firmware,
        )
        answer = await self.call(request, v16.BootNotificationResponse)
        return Welcome(answer.status, answer.interval, answer.current_time)

    async def ask(self, token: str) -> Known:
        return known((await self.call(v16.Authorize(id_tag=token), v16.AuthorizeResponse)).id_tag_info)

    async def ask_time(self) -> str:
        return (await self.call(v16.Heartbeat(), v16.HeartbeatResponse)).current_time

    def status_message(self, number: int, status: str, error_code: str) -> v16.StatusNotification:
        return v16.StatusNotification(
            connector_id=number,
            status=cast(Any, status),
            error_code=cast(Any, error_code),
            timestamp=self.now_text(),
        )

    def tell_start(
        self, post: Connector, transaction: Transaction, reservation: Reservation | None, trigger: str
    ) -> Queued:
        at = now_text(transaction.began)
        request = v16.StartTransaction(
            connector_id=post.number,
            id_tag=transaction.token,
            meter_start=transaction.meter_start_wh,
            timestamp=at,
            reservation_id=reservation.id if reservation else None,
        )
        opens = {"connector": post.number, "token": transaction.token, "wh": transaction.meter_start_wh, "at": at}
        return self.submit(request, transaction.key, opens=opens)

    def tell_stop(self, transaction: Transaction, outlet: Outlet, reason: str, token: str | None) -> Queued:
        at, reading = self.now_text(), outlet.read()
        data: list[v16.TransactionData] | None = None
        if measurands := self.configuration.words("StopTxnSampledData"):
            data = [transaction_data(at, reading, measurands, "Transaction.End")]
        request = v16.StopTransaction(
            transaction_id=NO_TRANSACTION_ID,  # filled in when it is sent
            meter_stop=reading.register_wh,
            timestamp=at,
            id_tag=token,
            reason=cast(Any, reason),
            transaction_data=data,
        )
        return self.submit(request, transaction.key, closes={"wh": reading.register_wh, "at": at})

    async def tell_reading(self, post: Connector, reading: Reading, context: str) -> None:
        value = meter_value(self.now_text(), reading, self.measurands, context)
        request = v16.MeterValues(connector_id=post.number, meter_value=[value])
        if post.transaction is None:
            await self.try_call(request)
            return
        # The number is filled in when it is sent: an offline charger does not know it yet.
        request.transaction_id = NO_TRANSACTION_ID
        self.submit(request, post.transaction.key)

    def tell_flow(self, post: Connector) -> None:
        """In 1.6 the status says it all."""

    def prepare(self, queued: Queued) -> Payload:
        if queued.action not in ("MeterValues", "StopTransaction"):
            return queued.payload
        transaction_id = self.transactions[queued.transaction].id
        return {**queued.payload, "transactionId": NO_TRANSACTION_ID if transaction_id is None else transaction_id}

    def delivered(self, queued: Queued, answer: Response | None) -> None:
        if isinstance(answer, v16.StartTransactionResponse):
            transaction = self.transactions[queued.transaction]
            transaction.id = answer.transaction_id
            self.token_judged(transaction, known(answer.id_tag_info))
