"""A charger written with the `ocpp` package: a witness that shares no line with us."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action, ChargePointErrorCode, ChargePointStatus, RegistrationStatus

from tests.charger import basic

SETTINGS = {"HeartbeatInterval": ("300", False), "NumberOfConnectors": ("1", True), "AuthorizationKey": (None, False)}


class Witness(ChargePoint):  # type: ignore[misc]
    """Boots, charges, stops when asked."""

    def __init__(self, identity: str, socket: Any) -> None:
        super().__init__(identity, socket)
        self.asked_to_stop: asyncio.Event = asyncio.Event()
        self.asked: asyncio.Queue[Any] = asyncio.Queue()  # for files, with where they are or go

    @on(Action.remote_stop_transaction)
    def remote_stop(self, transaction_id: int) -> Any:
        self.asked_to_stop.set()
        return call_result.RemoteStopTransaction(status="Accepted")

    @on(Action.get_configuration)
    def get_configuration(self, key: list[str] | None = None) -> Any:
        told = [
            {"key": name, "value": value, "readonly": readonly}
            for name, (value, readonly) in SETTINGS.items()
            if not key or name in key
        ]
        unknown = [name for name in key or [] if name not in SETTINGS]
        return call_result.GetConfiguration(configuration_key=told, unknown_key=unknown or None)

    @on(Action.update_firmware)
    def update_firmware(self, location: str, retrieve_date: str, **more: Any) -> Any:
        self.asked.put_nowait(location)
        return call_result.UpdateFirmware()

    @on(Action.get_diagnostics)
    def get_diagnostics(self, location: str, **more: Any) -> Any:
        self.asked.put_nowait(location)
        return call_result.GetDiagnostics(file_name="witness.log")

    @on(Action.signed_update_firmware)
    def signed_update_firmware(self, request_id: int, firmware: dict[str, Any], **more: Any) -> Any:
        self.asked.put_nowait((request_id, firmware))
        return call_result.SignedUpdateFirmware(status="Accepted")

    @on(Action.get_log)
    def get_log(self, log: dict[str, Any], log_type: str, request_id: int, **more: Any) -> Any:
        self.asked.put_nowait((request_id, log["remote_location"]))
        return call_result.GetLog(status="Accepted", filename="security.log")

    async def updates(self, *statuses: str) -> None:
        for status in statuses:
            await self.call(call.FirmwareStatusNotification(status=status))

    async def boots(self, firmware: str | None = None) -> None:
        answer = await self.call(
            call.BootNotification(charge_point_vendor="Witness", charge_point_model="W1", firmware_version=firmware)
        )
        assert answer.status == RegistrationStatus.accepted
        assert datetime.fromisoformat(answer.current_time).tzinfo is not None
        await self.is_now(ChargePointStatus.available)

    async def is_now(self, status: ChargePointStatus) -> None:
        await self.call(
            call.StatusNotification(connector_id=1, error_code=ChargePointErrorCode.no_error, status=status)
        )

    async def starts(self, tag: str, meter_wh: int) -> int:
        authorized = await self.call(call.Authorize(id_tag=tag))
        assert authorized.id_tag_info["status"] == "Accepted"
        started = await self.call(
            call.StartTransaction(connector_id=1, id_tag=tag, meter_start=meter_wh, timestamp=_ago(30))
        )
        assert started.id_tag_info["status"] == "Accepted"
        await self.is_now(ChargePointStatus.charging)
        return int(started.transaction_id)

    async def measures(self, transaction: int, meter_wh: int, power_w: float) -> None:
        sampled = [
            {"value": str(meter_wh)},
            {"value": str(power_w / 1000), "measurand": "Power.Active.Import", "unit": "kW"},
        ]
        value = {"timestamp": _ago(15), "sampledValue": sampled}
        await self.call(call.MeterValues(connector_id=1, transaction_id=transaction, meter_value=[value]))

    async def stops(self, transaction: int, meter_wh: int, reason: str = "Local") -> None:
        await self.call(
            call.StopTransaction(transaction_id=transaction, meter_stop=meter_wh, timestamp=_ago(0), reason=reason)
        )
        await self.is_now(ChargePointStatus.available)


@contextlib.asynccontextmanager
async def connected(port: int, identity: str, secret: str) -> AsyncIterator[Witness]:
    """The witness on its socket, listening."""
    async with websockets.connect(
        f"ws://127.0.0.1:{port}/ocpp/{identity}",
        subprotocols=["ocpp1.6"],  # type: ignore[list-item]
        additional_headers={"Authorization": basic(identity, secret)},
    ) as socket:
        witness = Witness(identity, socket)
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
