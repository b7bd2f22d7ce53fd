"""The part of `make bench` about long reports: one charger tells all of its variables, and others send heartbeats meanwhile."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from tests.charger import Charger
from tools import running

VARIABLES = 3000
PARTS = 3
BEAT_EVERY_S = 0.04


async def measure(server: running.Server, secrets: dict[str, str]) -> dict[str, float]:
    """The first of these chargers reports, all others beat. How long until the last answer, what that takes of a processor, and the
    longest wait of a heartbeat."""
    port, ((identity, secret), *others) = server.gateway, secrets.items()
    teller = await Charger.connect(port, identity, secret, subprotocols=["ocpp2.0.1"])
    await teller.call("BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "B", "model": "B"}})
    beating = [await Charger.connect(port, *each) for each in others]
    for each in beating:
        await each.boot()
    waits: list[float] = []
    tasks = [asyncio.create_task(_beat(each, waits)) for each in beating]
    await asyncio.sleep(1)
    quiet_ms, parts = max(waits) * 1000, [_part(number) for number in range(PARTS)]
    waits.clear()
    began, busy_s = time.perf_counter(), server.cpu_s()
    for part in parts:
        await teller.call("NotifyReport", part)
    took_s, busy_s = time.perf_counter() - began, server.cpu_s() - busy_s
    await asyncio.sleep(BEAT_EVERY_S)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for each in (teller, *beating):
        await each.close()
    return {
        "report_ms": round(took_s * 1000),
        "report_cpu_ms": round(busy_s * 1000),
        "report_beat_max_ms": round(max(waits) * 1000, 1),
        "report_beat_before_ms": round(quiet_ms, 1),
    }


async def _beat(charger: Charger, waits: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await charger.call("Heartbeat")
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(BEAT_EVERY_S)


def _part(number: int) -> dict[str, Any]:
    size = VARIABLES // PARTS
    return {
        "requestId": 1,
        "generatedAt": "2026-11-01T10:00:00Z",
        "seqNo": number,
        "tbc": number < PARTS - 1,
        "reportData": [_variable(each) for each in range(number * size, (number + 1) * size)],
    }


def _variable(number: int) -> dict[str, Any]:
    return {
        "component": {"name": f"Component{number // 10}", "evse": {"id": number % 4 + 1}},
        "variable": {"name": f"Variable{number}"},
        "variableAttribute": [{"type": "Actual", "value": f"value {number}", "mutability": "ReadWrite"}],
        "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False},
    }
