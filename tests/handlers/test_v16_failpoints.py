"""DAT-01, DAT-02: whatever breaks between a message and its answer, a retry makes exactly one effect of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import websockets

import stationmaster
from stationmaster.app import App
from stationmaster.domain.events import SessionCorrected, SessionEnded, SessionStarted
from stationmaster.gateway.listener import SocketLink
from tests.charger import Charger
from tests.patience import PATIENCE_S

Connect = Callable[..., Any]
TEN, ELEVEN = "2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z"


class Failpoint:
    """Where it breaks; `armed` says that the next message meets it."""

    def __init__(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        self.armed = False
        self.met = 0
        self._app = app
        self._monkeypatch = monkeypatch

    def before_commit(self) -> None:
        """The process is killed before the COMMIT: nothing is stored, and nobody answers."""
        dialect = self._app.database.engine.dialect
        commit = dialect.do_commit

        def power_cut(connection: Any) -> None:
            if self.armed:
                self.met += 1
                raise RuntimeError("killed")
            commit(connection)

        self._monkeypatch.setattr(dialect, "do_commit", power_cut)

    def before_send(self) -> None:
        """The process is killed after the COMMIT: it is stored, and nobody answers."""
        send = SocketLink.send

        def power_cut(link: SocketLink, data: bytes) -> None:
            if self.armed:
                self.met += 1
                link.abort()
            else:
                send(link, data)

        self._monkeypatch.setattr(SocketLink, "send", power_cut)

    def after_send(self) -> None:
        """The answer is sent, and lost on its way: for the station the same as the one before."""


async def start(one: Charger, number: int, message_id: str) -> None:
    payload = {"connectorId": 1, "idTag": "TAG1", "meterStart": 1000, "timestamp": TEN}
    await one.send([2, message_id, "StartTransaction", payload])


async def meter(one: Charger, number: int, message_id: str) -> None:
    value = {"timestamp": "2026-11-01T10:30:00Z", "sampledValue": [{"value": "3000"}]}
    payload = {"connectorId": 1, "transactionId": number, "meterValue": [value]}
    await one.send([2, message_id, "MeterValues", payload])


async def stop(one: Charger, number: int, message_id: str) -> None:
    payload = {"transactionId": number, "meterStop": 6000, "timestamp": ELEVEN}
    await one.send([2, message_id, "StopTransaction", payload])


Step = Callable[[Charger, int, str], Awaitable[None]]
STEPS: list[Step] = [start, meter, stop]


@pytest.mark.every_case
@pytest.mark.parametrize("retry", ["same id", "new id"])
@pytest.mark.parametrize("breaking", STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize("place", ["before_commit", "before_send", "after_send"])
async def test_DAT_02_one_effect(
    app: App, charger: Connect, stored: Any, heard: list[Any], monkeypatch: pytest.MonkeyPatch,
    place: str, breaking: Step, retry: str,
) -> None:  # fmt: skip
    failpoint = Failpoint(app, monkeypatch)
    getattr(failpoint, place)()
    one = await charger("CP1")
    number = 0
    for step in STEPS:
        if step is breaking:
            failpoint.armed = place != "after_send"
            await step(one, number, "first")
            if failpoint.armed:
                with pytest.raises(websockets.ConnectionClosed):  # and no answer before it (DAT-01)
                    await one.receive()
                assert failpoint.met
            else:
                await handled(stored, breaking)
                one.socket.transport.abort()
            failpoint.armed = False
            one = await charger("CP1", boot=False)
            await step(one, number, "first" if retry == "same id" else "second")
        else:
            await step(one, number, step.__name__)
        answer = await one.receive()
        assert answer[0] == 3, answer
        number = answer[2].get("transactionId", number)
    session = await stored.session()
    assert (int(session.transaction_id), session.status, session.energy_wh, session.flags) == (
        number,
        "completed",
        5000,
        None,
    )
    [value] = await stored.meter_values()
    assert (value.session_id, value.energy_wh) == (session.id, 3000)
    counted = [sum(type(event) is kind for event in heard) for kind in (SessionStarted, SessionEnded, SessionCorrected)]
    assert counted == [1, 1, 0]


async def handled(stored: Any, step: Step) -> None:
    """Until the effect of the step is in the database."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            rows = {start: stored.sessions, meter: stored.meter_values, stop: stored.sessions}[step]
            found = await rows()
            if found and (step is not stop or found[0].status == "completed"):
                return
            await asyncio.sleep(0.005)


async def test_DAT_02_a_bug_of_ours_is_no_final_answer_to_a_transaction_message(
    app: App, charger: Connect, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 2: no CALLERROR, for some stations throw their only copy away then. A copy is kept here all the same."""
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    with monkeypatch.context() as broken:
        broken.setattr("stationmaster.domain.sessions.tell", lambda *_, **__: 1 / 0)
        await stop(one, number, "s1")
        with pytest.raises(websockets.ConnectionClosed):
            await one.receive()
        assert one.socket.close_code == 1013
    async with asyncio.timeout(PATIENCE_S):
        while not await stored.quarantine():
            await asyncio.sleep(0.005)
    [entry] = await stored.quarantine()
    assert "ZeroDivisionError" in entry.reason
    assert (await stored.session()).status == "active"
    one = await charger("CP1", boot=False)
    await stop(one, number, "s1")
    assert (await one.receive())[:2] == [3, "s1"]
    assert (await stored.session()).status == "completed"


@pytest.mark.every_case
async def test_DAT_02_a_station_that_counts_its_ids_anew_after_a_boot_is_heard_anew(
    app: App, charger: Connect, stored: Any
) -> None:
    """A boot with the id and the content of the boot before is a boot: the time is today's, and open sessions are suspects."""
    one = await charger("CP1", boot=False)
    await one.call("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"}, message_id="1")
    await one.call(
        "StartTransaction", {"connectorId": 1, "idTag": "TAG1", "meterStart": 0, "timestamp": TEN}, message_id="2"
    )
    one.socket.transport.abort()
    one = await charger("CP1", boot=False)
    payload = {"chargePointVendor": "Acme", "chargePointModel": "One"}
    later = datetime.now(UTC) + timedelta(days=1)
    app.database.clock = lambda: later
    answer = await one.call("BootNotification", payload, message_id="1")
    assert answer["currentTime"][:10] == later.date().isoformat()
    assert (await stored.session()).suspect_since == later


def test_DAT_01_only_the_session_of_a_station_makes_answers() -> None:
    """An answer is a receipt, so there is one place that gives it, after the commit."""
    package = Path(stationmaster.__file__).parent
    sources = {
        path.relative_to(package).as_posix(): path.read_text()
        for path in package.rglob("*.py")
        if path.relative_to(package).parts[0] not in ("ocpp", "simulator")
    }
    assert [name for name, text in sources.items() if "frames.result(" in text] == ["gateway/connection.py"]
    assert [name for name, text in sources.items() if "link.send(" in text] == ["gateway/connection.py"]
