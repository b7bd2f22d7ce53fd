"""What a charger of 2.1 does for the grid, and the streams in which it tells values (blocks N, Q, R)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain.commands import (
    AdjustPeriodicEventStream,
    ClearDerControl,
    Command,
    GetDerControl,
    GetPeriodicEventStreams,
    SendAfrrSignal,
    SetDerControl,
)
from stationmaster.domain.errors import Invalid
from tests.handlers.asking import Asked

ACCEPTED = {"status": "Accepted"}
GRADIENT = {"priority": 1, "gradient": 1.5, "softGradient": 0.5}
CONTROL = {"isDefault": False, "controlId": "C1", "controlType": "Gradients", "gradient": GRADIENT}


@pytest.fixture
def version() -> str:
    return "2.1"


@pytest.mark.any_database
async def test_R04_a_control_goes_out_as_it_was_written(app: App, one: Asked) -> None:
    came, [[action, sent]] = await one.ask(SetDerControl(control=CONTROL), ACCEPTED | {"supersededIds": ["C0"]})
    assert (action, sent) == ("SetDERControl", CONTROL)
    assert (came.state, came.sentence) == ("done", "The charger has accepted. It takes the place of C0.")
    assert came.data == {"replaced": ["C0"]}
    for status, outcome in (("Rejected", "rejected"), ("NotSupported", "not_supported"), ("Accepted", "accepted")):
        came, _ = await one.ask(SetDerControl(control=CONTROL), {"status": status})
        assert came.outcome == outcome


@pytest.mark.parametrize(
    "change, field",
    [
        ({"controlType": "Gradient"}, r"^control\.controlType"),
        ({"controlId": "C" * 37}, r"^control\.controlId"),
        ({"gradient": {"gradient": 1.5}}, r"^control\.gradient\.priority"),
        ({"gradients": GRADIENT}, "^control: .*'gradients'"),
        ({"isDefault": "no"}, r"^control\.isDefault"),
    ],
)
async def test_what_is_wrong_in_a_control_is_refused_at_its_field(
    app: App, one: Asked, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid, match=field):
        await one.ask(SetDerControl(control=CONTROL | change))


@pytest.mark.any_database
async def test_R04_a_charger_reports_its_controls(app: App, one: Asked) -> None:
    came, [[action, sent]] = await one.ask(GetDerControl(default=False, kind="Gradients", id="C1"), ACCEPTED)
    number = sent.pop("requestId")
    assert (action, sent) == ("GetDERControl", {"isDefault": False, "controlType": "Gradients", "controlId": "C1"})
    assert (came.state, came.awaits) == ("awaiting", "report")
    controls = [{"id": name, "gradient": GRADIENT} for name in ("C1", "C2")]
    for control, more in ((controls[0], True), (controls[0], True), (controls[1], False)):
        told = {"requestId": number, "gradient": [control], "tbc": more}
        assert await one.call("ReportDERControl", told) == {}
    came = await one.newest()
    assert (came.state, came.data) == ("done", {"controls": [{"object": "gradient"} | each for each in controls]})
    assert await one.call("ReportDERControl", {"requestId": 7, "tbc": False}) == {}  # nobody has asked for it
    came, _ = await one.ask(GetDerControl(), {"status": "NotFound"})
    assert (came.state, came.sentence) == ("failed", "The charger has no such control.")


async def test_R04_controls_are_removed(app: App, one: Asked) -> None:
    came, [[action, sent]] = await one.ask(ClearDerControl(default=True, kind="VoltWatt"), ACCEPTED)
    assert (action, sent) == ("ClearDERControl", {"isDefault": True, "controlType": "VoltWatt"})
    came, [[_, sent]] = await one.ask(ClearDerControl(id="C1"), {"status": "NotFound"})
    assert (sent, came.outcome) == ({"isDefault": False, "controlId": "C1"}, "not_found")
    for command in (ClearDerControl(kind="Magic"), GetDerControl(kind="Magic")):
        with pytest.raises(Invalid, match="must be one of EnterService"):
            await one.ask(command)


async def test_Q_a_signal_of_the_grid_is_handed_on(app: App, one: Asked) -> None:
    came, [[action, sent]] = await one.ask(SendAfrrSignal(signal=-3), ACCEPTED)
    assert (action, sent) == ("AFRRSignal", {"timestamp": "2026-11-01T10:00:00.000Z", "signal": -3})
    command = SendAfrrSignal(signal=4, at=datetime(2026, 11, 1, 9, 59, tzinfo=UTC))
    came, [[_, sent]] = await one.ask(command, {"status": "Rejected"})
    assert (sent["timestamp"], came.outcome) == ("2026-11-01T09:59:00.000Z", "rejected")


@pytest.mark.any_database
async def test_N_streams_are_listed_and_adjusted(app: App, one: Asked) -> None:
    told = [{"id": 3, "variableMonitoringId": 8, "params": {"interval": 5, "values": 10}}]
    came, [[action, sent]] = await one.ask(GetPeriodicEventStreams(), {"constantStreamData": told})
    assert (action, sent) == ("GetPeriodicEventStream", {})
    assert came.data == {"streams": [{"id": 3, "monitor": 8, "interval_s": 5, "values": 10}]}
    came, _ = await one.ask(GetPeriodicEventStreams(), {})
    assert (came.outcome, came.sentence) == ("accepted", "The charger has no stream open.")
    came, [[action, sent]] = await one.ask(AdjustPeriodicEventStream(id=3, interval_s=60), ACCEPTED)
    assert (action, sent) == ("AdjustPeriodicEventStream", {"id": 3, "params": {"interval": 60}})
    came, [[_, sent]] = await one.ask(AdjustPeriodicEventStream(id=3, values=0), {"status": "Rejected"})
    assert (sent["params"], came.outcome) == ({"values": 0}, "rejected")
    with pytest.raises(Invalid, match="interval_s"):
        await one.ask(AdjustPeriodicEventStream(id=3))


EVERY: list[Command] = [
    SetDerControl(control=CONTROL),
    GetDerControl(),
    ClearDerControl(),
    SendAfrrSignal(signal=1),
    GetPeriodicEventStreams(),
    AdjustPeriodicEventStream(id=1, values=1),
]


@pytest.mark.parametrize("command", EVERY, ids=lambda command: type(command).__name__)
async def test_a_callerror_another_version_and_a_charger_that_is_away_have_a_plain_end(
    charger: Any, one: Asked, command: Command
) -> None:
    await one.is_refused_by_error(command)
    await one.is_not_waited_for(command, charger, "1.6", "2.0.1")
