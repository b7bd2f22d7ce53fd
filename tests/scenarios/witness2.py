"""A charger of 2.0.1 or 2.1 written with the `ocpp` package: a witness that shares no line with us."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import websockets
from ocpp.routing import on

from tests.charger import basic

TRANSACTION = "5f2a-witness"
EVSE = {"id": 1, "connector_id": 1}
_MODULES = {"2.0.1": "ocpp.v201", "2.1": "ocpp.v21"}


def witness_class(version: str) -> Any:
    """The witness of this version."""
    package = importlib.import_module(_MODULES[version])
    call, call_result = package.call, package.call_result

    class Witness(package.ChargePoint):  # type: ignore[misc, name-defined]
        """Boots; starts and stops when asked."""

        def __init__(self, identity: str, socket: Any) -> None:
            super().__init__(identity, socket)
            self.asked_to_start: asyncio.Queue[tuple[dict[str, Any], int]] = asyncio.Queue()
            self.asked_to_stop: asyncio.Queue[str] = asyncio.Queue()
            self.asked: asyncio.Queue[Any] = asyncio.Queue()  # for files, with where they are or go
            self._told = 0

        @on("RequestStartTransaction")
        def request_start(self, id_token: dict[str, Any], remote_start_id: int, **more: Any) -> Any:
            self.asked_to_start.put_nowait((id_token, remote_start_id))
            return call_result.RequestStartTransaction(status="Accepted")

        @on("RequestStopTransaction")
        def request_stop(self, transaction_id: str, **more: Any) -> Any:
            self.asked_to_stop.put_nowait(transaction_id)
            return call_result.RequestStopTransaction(status="Accepted")

        @on("GetBaseReport")
        def get_base_report(self, request_id: int, report_base: str) -> Any:
            self.asked.put_nowait((request_id, report_base))
            return call_result.GetBaseReport(status="Accepted")

        @on("UpdateFirmware")
        def update_firmware(self, request_id: int, firmware: dict[str, Any], **more: Any) -> Any:
            self.asked.put_nowait((request_id, firmware))
            return call_result.UpdateFirmware(status="Accepted")

        @on("GetLog")
        def get_log(self, log: dict[str, Any], log_type: str, request_id: int, **more: Any) -> Any:
            self.asked.put_nowait((request_id, log["remote_location"]))
            return call_result.GetLog(status="Accepted", filename="witness.log")

        async def updates(self, request_id: int, *statuses: str) -> None:
            for status in statuses:
                await self.call(call.FirmwareStatusNotification(status=status, request_id=request_id))

        async def reports(self, request_id: int, seq_no: int, variables: list[dict[str, Any]], *, more: bool) -> None:
            """A part of a report; the first has number 0."""
            part = call.NotifyReport(
                request_id=request_id, generated_at=_ago(0), seq_no=seq_no, tbc=more, report_data=variables
            )
            await self.call(part)

        async def boots(self, firmware: str | None = None) -> None:
            station = {"vendor_name": "Witness", "model": "W2", "firmware_version": firmware}
            answer = await self.call(call.BootNotification(charging_station=station, reason="PowerUp"))
            assert answer.status == "Accepted"
            assert datetime.fromisoformat(answer.current_time).tzinfo is not None
            await self.is_now("Available")

        async def is_now(self, status: str) -> None:
            await self.call(
                call.StatusNotification(timestamp=_ago(0), connector_status=status, evse_id=1, connector_id=1)
            )

        async def authorizes(self, uid: str) -> str:
            answer = await self.call(call.Authorize(id_token={"id_token": uid, "type": "ISO14443"}))
            return str(answer.id_token_info["status"])

        async def tells(self, kind: str, trigger: str, minutes_ago: int, register_kwh: float, **more: Any) -> Any:
            """A TransactionEvent with a register in kWh and the power in W."""
            context = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(kind, "Sample.Periodic")
            register = {"value": register_kwh, "context": context, "unit_of_measure": {"unit": "Wh", "multiplier": 3}}
            power = {"value": 11_000, "context": context, "measurand": "Power.Active.Import"}
            value = {"timestamp": _ago(minutes_ago), "sampled_value": [register, power]}
            info = {"transaction_id": TRANSACTION, **more.pop("info", {})}
            event = call.TransactionEvent(
                event_type=kind,
                timestamp=_ago(minutes_ago),
                trigger_reason=trigger,
                seq_no=self._told,
                transaction_info=info,
                meter_value=[value],
                **more,
            )
            self._told += 1
            return await self.call(event)

    return Witness


@contextlib.asynccontextmanager
async def connected(port: int, identity: str, secret: str, version: str) -> AsyncIterator[Any]:
    """The witness on its socket, listening."""
    async with websockets.connect(
        f"ws://127.0.0.1:{port}/ocpp/{identity}",
        subprotocols=[f"ocpp{version}"],  # type: ignore[list-item]
        additional_headers={"Authorization": basic(identity, secret)},
    ) as socket:
        witness = witness_class(version)(identity, socket)
        listening = asyncio.create_task(witness.start())
        try:
            yield witness
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError, websockets.ConnectionClosed):
                await listening


def _ago(minutes: int) -> str:
    """A session takes half an hour, or nobody would believe its energy."""
    return (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def log_status(version: str, request_id: int, status: str) -> Any:
    """A LogStatusNotification of this version."""
    call = importlib.import_module(_MODULES[version]).call
    return call.LogStatusNotification(status=status, request_id=request_id)
