"""Firmware is truly fetched, and a log truly brought, where that is wanted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from stationmaster.simulator.clock import Clock
from stationmaster.simulator.station import Habits
from stationmaster.simulator.v2 import ChargingStation201
from stationmaster.simulator.v16 import ChargePoint16
from tests.simulator.central_system import CentralSystem


@dataclass
class Shelf:
    """A server with one file, which takes others."""

    url: str = ""
    fetched: list[str] = field(default_factory=list)
    brought: dict[str, bytes] = field(default_factory=dict)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    found = Shelf()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.fetched.append(self.path)
            self.send_response(200 if self.path == "/new.bin" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_PUT(self) -> None:
            found.brought[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        server.shutdown()
        thread.join(5)


@pytest.fixture
def carrying() -> Habits:
    return Habits(call_timeout_s=10, retry_wait_s=0.01, reconnect_s=0.01, reconnect_max_s=0.05, transfers_files=True)


def firmware(at: str) -> dict[str, Any]:
    return {"requestId": 3, "firmware": {"location": at, "retrieveDateTime": "2026-05-04T08:00:00Z"}}


async def test_firmware_is_fetched_before_it_is_installed(shelf: Shelf, clock: Clock, carrying: Habits) -> None:
    done = [{"status": "Installed", "requestId": 3}]
    async with (
        CentralSystem("ocpp2.0.1").running() as csms,
        ChargingStation201("CS1", csms.url, clock=clock, habits=carrying),
    ):
        await csms.call("CS1", "UpdateFirmware", firmware(f"{shelf.url}/new.bin"))
        await csms.until(lambda: csms.heard("FirmwareStatusNotification")[-1:] == done)
    assert shelf.fetched == ["/new.bin"]


@pytest.mark.parametrize("location", ["{url}/old.bin", "file:///etc/hostname", "http://127.0.0.1:1/x", "nonsense"])
async def test_firmware_that_cannot_be_fetched_is_told(
    location: str, shelf: Shelf, clock: Clock, carrying: Habits
) -> None:
    async with CentralSystem("ocpp2.0.1").running() as csms:
        async with ChargingStation201("CS1", csms.url, clock=clock, habits=carrying):
            await csms.call("CS1", "UpdateFirmware", firmware(location.format(url=shelf.url)))
            await csms.until(lambda: len(csms.heard("FirmwareStatusNotification")) == 2)
        statuses = [told["status"] for told in csms.heard("FirmwareStatusNotification")]
        assert statuses == ["Downloading", "DownloadFailed"]


async def test_diagnostics_are_brought(server: CentralSystem, shelf: Shelf, clock: Clock, carrying: Habits) -> None:
    async with ChargePoint16("CP1", server.url, clock=clock, habits=carrying):
        await server.call("CP1", "GetDiagnostics", {"location": f"{shelf.url}/logs/"})
        await server.until(lambda: len(server.heard("DiagnosticsStatusNotification")) == 2)
        assert b"BootNotification sent 1\n" in shelf.brought["/logs/CP1-diagnostics.log"]
        await server.call("CP1", "GetDiagnostics", {"location": "ftp://nobody"})
        await server.until(lambda: len(server.heard("DiagnosticsStatusNotification")) == 4)
    statuses = [told["status"] for told in server.heard("DiagnosticsStatusNotification")]
    assert statuses == ["Uploading", "Uploaded", "Uploading", "UploadFailed"]
