"""Many chargers, the scenarios, and the command line."""

import asyncio
import json
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from stationmaster.simulator import command, plans, scenarios
from stationmaster.simulator.clock import Clock
from stationmaster.simulator.command import simulate
from stationmaster.simulator.fleet import Fleet
from stationmaster.simulator.station import Habits
from stationmaster.simulator.v16 import ChargePoint16
from tests.simulator.central_system import CentralSystem


def fleet(server: CentralSystem, scenario: str, count: int, hasty: Habits, *, factor: float = 3_000.0) -> Fleet:
    clock = Clock(factor=factor)
    stations = [ChargePoint16(f"S{n}", server.url, clock=clock, habits=hasty) for n in range(count)]
    return Fleet(stations, scenarios.load(scenario), ("RFID1", "RFID2"), seed=1)


def test_every_scenario_says_what_it_does():
    assert scenarios.names() == ["faulty", "living", "offline_queue", "one_session", "storm"]
    for name in scenarios.names():
        scenario = scenarios.load(name)
        assert scenario.__doc__ and scenario.STAGGER_S >= 0


async def test_one_session_each(server: CentralSystem, hasty: Habits):
    each = fleet(server, "one_session", 5, hasty)
    await each.run()
    assert each.failures == {} and each.finished == 5
    starts = server.heard("StartTransaction")
    stops = sorted(server.heard("StopTransaction"), key=lambda stop: stop["transactionId"])  # ids rise with the starts
    assert len(starts) == len(stops) == 5
    assert {stop["reason"] for stop in stops} == {"Local"}
    for start, stop in zip(starts, stops, strict=True):
        assert stop["meterStop"] - start["meterStart"] in range(1_000, 6_000, 1_000)  # kWh, as the drivers wanted


async def test_offline_sessions_are_told_afterwards(server: CentralSystem, hasty: Habits):
    each = fleet(server, "offline_queue", 3, hasty)
    await each.run()
    assert "Authorize" not in server.actions
    assert len(server.heard("StopTransaction")) == 3
    assert all(station.waiting_messages == 0 for station in each.stations)


async def test_a_storm_boots_everybody_three_times(server: CentralSystem, hasty: Habits):
    await fleet(server, "storm", 8, hasty).run()
    assert server.actions.count("BootNotification") == 24


async def test_a_blocked_card_is_a_failure_with_a_sentence(server: CentralSystem, hasty: Habits):
    server.rules["Authorize"] = lambda _: {"idTagInfo": {"status": "Blocked"}}
    each = fleet(server, "one_session", 1, hasty)
    await each.run()
    assert each.failures["S0"].startswith("S0 could not charge: the card RFID")


async def test_to_a_charger_that_is_left_alone_nobody_comes_by_themselves(server: CentralSystem, hasty: Habits):
    pair = fleet(server, "living", 2, hasty)
    pair.left_alone = frozenset({"S0"})
    living = asyncio.ensure_future(pair.run())
    await server.until(lambda: len(server.heard("StopTransaction")) >= 2)
    alone, visited = pair.stations
    assert (alone.is_ready, alone.counters.sent["StartTransaction"]) == (True, 0)
    assert visited.counters.sent["StartTransaction"] >= 2
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)


@pytest.mark.parametrize("scenario", ["living", "faulty"])
async def test_life_goes_on(scenario: str, server: CentralSystem, hasty: Habits):
    each = fleet(server, scenario, 4, hasty)
    living = asyncio.ensure_future(each.run())
    await server.until(lambda: len(server.heard("StopTransaction")) >= 4)
    words = StringIO()
    Console(file=words, width=200).print(each.picture())
    assert "of 4 chargers online" in words.getvalue() and "S3" in words.getvalue()
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)
    if scenario == "faulty":
        assert any("Faulted" in line for line in server.story) or server.handshakes > 4


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def threaded_server(request: pytest.FixtureRequest) -> Iterator[CentralSystem]:
    """A server beside the test, since the command runs a loop of its own."""
    system = CentralSystem(f"ocpp{getattr(request, 'param', '1.6')}")
    up, done = threading.Event(), None
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        nonlocal done
        done = asyncio.Event()
        async with system.running():
            up.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert up.wait(5)
    yield system
    assert done is not None
    loop.call_soon_threadsafe(done.set)
    thread.join(5)
    loop.close()


def run_command(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(simulate)
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_the_command_plays_a_scenario_to_its_end(threaded_server: CentralSystem, tmp_path: Path):
    code, output = run_command(
        "SIM", "1.6", threaded_server.url, "--count", "3", "--scenario", "one_session", "--time-factor", "5000",
        "--tokens", "X1, X2", "--journal", str(tmp_path / "journals"), "--retry-ids", "mixed",
    )  # fmt: skip
    assert code == 0 and "3 finished, 0 of them in vain" in output
    assert sorted(threaded_server.links) == ["SIM-001", "SIM-002", "SIM-003"]
    assert {start["idTag"] for start in threaded_server.heard("StartTransaction")} <= {"X1", "X2"}
    assert len(list((tmp_path / "journals").glob("SIM-*.journal"))) == 3


@pytest.mark.parametrize("threaded_server", ["2.0.1", "2.1"], indirect=True)
def test_the_command_speaks_other_versions(threaded_server: CentralSystem):
    version = threaded_server.subprotocol.removeprefix("ocpp")
    code, _ = run_command("SIM", version, threaded_server.url, "--scenario", "one_session", "--time-factor", "5000")
    assert code == 0 and threaded_server.actions.count("TransactionEvent") > 3


@pytest.mark.parametrize("threaded_server", ["2.0.1"], indirect=True)
def test_the_command_takes_version_and_quirks_as_options(threaded_server: CentralSystem):
    arguments = ["--version", "2.0.1", "--url", threaded_server.url, "--quirk", "ids-restart", "--quirk", "own-fields"]
    threaded_server.check_form = lambda: None  # type: ignore[method-assign]  # it is not to the letter on purpose
    code, output = run_command("SIM", *arguments, "--scenario", "one_session", "--time-factor", "5000")
    assert (code, "1 finished, 0 of them in vain" in output) == (0, True)
    assert threaded_server.calls[0][0] == "1000000"
    assert all("vendorInfo" in payload for _, _, payload in threaded_server.calls)
    code, output = run_command("SIM", *arguments, "--quirk", "nonsense")
    assert (code, "nonsense" in output) == (2, True)


def test_mixed_means_each_version_in_turn():
    assert [kind.dialect.version for kind in command.kinds(command.Version.mixed)] == ["1.6", "2.0.1", "2.1"]
    assert [kind.dialect.version for kind in command.kinds(command.Version.V21)] == ["2.1"]


def test_the_command_says_that_the_password_was_refused(threaded_server: CentralSystem):
    threaded_server.passwords["SIM001"] = b"right"
    code, output = run_command("SIM001", "1.6", threaded_server.url, "--password", "wrong")
    assert code == 1 and "401: the server refused the password of SIM001" in output


def test_passwords_come_from_a_file(threaded_server: CentralSystem, tmp_path: Path):
    threaded_server.passwords.update({"SIM-001": b"one", "SIM-002": b"two"})
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({"SIM-001": "one", "SIM-002": "two"}))
    arguments = ["1.6", threaded_server.url, "--scenario", "storm", "--passwords", str(file)]
    assert run_command("SIM", *arguments, "--count", "2")[0] == 0
    code, output = run_command("SIM", *arguments, "--count", "3")
    assert code == 2 and "has no secret for SIM-003" in output
    file.write_text("[]")
    code, output = run_command("SIM", *arguments)
    assert code == 2 and "cannot be read" in output


def test_S0_080_each_fleet_that_is_kept_can_be_played():
    kept = sorted((Path(__file__).parents[2] / "simulators").glob("*.toml"))
    assert [file.stem for file in kept] == ["mixed", "offline", "soak"]
    for file in kept:
        assert plans.read(file).identities


def test_S0_080_a_fleet_is_described_by_a_file(threaded_server: CentralSystem, tmp_path: Path):
    file = tmp_path / "fleet.toml"
    file.write_text(
        f'url = "{threaded_server.url}"\ntokens = ["X1"]\ntime_factor = 5000\nramp_s = 0\n'
        '[[chargers]]\nidentity = "A"\ncount = 2\nscenario = "one_session"\nconnectors = 2\n'
        '[[chargers]]\nidentity = "B"\nscenario = "storm"\n'
    )
    code, output = run_command("--fleet", str(file), "--journal", str(tmp_path / "journals"))
    assert (code, "3 finished, 0 of them in vain" in output) == (0, True)
    assert sorted(threaded_server.links) == ["A-001", "A-002", "B"]
    assert {start["idTag"] for start in threaded_server.heard("StartTransaction")} == {"X1"}
    assert threaded_server.actions.count("BootNotification") == 2 + 3


GROUP = '[[chargers]]\nidentity = "A"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "chargers"),
        ("chargers = 3", "$.chargers"),
        (GROUP + "count = 0", "$.chargers[0].count"),
        (GROUP + 'version = "1.5"', "$.chargers[0].version"),
        (GROUP + "colour = 1", "colour"),
        (GROUP + 'scenario = "x"', "chargers[0].scenario"),
        (GROUP + GROUP + 'quirks = ["x"]', "chargers[1].quirks"),
        (GROUP + GROUP, "two chargers are called A"),
        (GROUP + "count = 50000\n" + GROUP, "more than 50000"),
        ("= 3", "describes no fleet"),
    ],
)
def test_S0_080_what_is_wrong_with_the_file_is_named(text: str, said: str, tmp_path: Path):
    file = tmp_path / "fleet.toml"
    file.write_text(text)
    with pytest.raises(plans.BadPlan) as refused:
        plans.read(file)
    assert said in str(refused.value) and str(file) in str(refused.value)


def test_the_command_wants_a_charger_or_a_file(tmp_path: Path):
    assert run_command()[0] == 2
    code, output = run_command("--fleet", str(tmp_path / "nothing.toml"))
    assert (code, "describes no fleet" in output) == (2, True)
