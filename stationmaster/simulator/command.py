"""`stationmaster simulate`: chargers on the command line. What only a running fleet needs is imported when it runs."""

import asyncio
import signal
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import msgspec
import typer

from stationmaster.simulator import quirks, scenarios

if TYPE_CHECKING:
    from rich.console import Console

    from stationmaster.simulator.charger import Charger
    from stationmaster.simulator.fleet import Fleet
    from stationmaster.simulator.station import RetryIds

DEFAULT_URL = "ws://localhost:9000/ocpp"


class Version(StrEnum):
    V16 = "1.6"
    V201 = "2.0.1"
    V21 = "2.1"
    mixed = "mixed"


class Retry(StrEnum):
    same = "same"
    new = "new"
    drop = "drop"
    mixed = "mixed"


POLICIES = (Retry.same, Retry.new, Retry.drop)

ScenarioName = StrEnum("ScenarioName", {name: name for name in scenarios.names()})  # type: ignore[misc]
LIVING = ScenarioName("living")
QuirkName = StrEnum("QuirkName", {name: name for name in quirks.QUIRKS})  # type: ignore[misc]


def simulate(
    identity: Annotated[str, typer.Argument(metavar="ID", help="The charger's identity; with --count, the beginning.")],
    version: Annotated[Version, typer.Argument(help="The OCPP version it speaks; mixed: each in turn.")] = Version.V16,
    url: Annotated[str, typer.Argument(help="The address for chargers, without the identity.")] = DEFAULT_URL,
    password: Annotated[str | None, typer.Option(help="The secret of all of them.")] = None,
    passwords: Annotated[Path | None, typer.Option(metavar="FILE", help="JSON: identity to secret.")] = None,
    count: Annotated[int, typer.Option(min=1, max=50_000, help="How many: ID-001, ID-002, …")] = 1,
    connectors: Annotated[int, typer.Option(min=1, max=20, help="Connectors of each.")] = 1,
    scenario: Annotated[ScenarioName, typer.Option(help="What they do.")] = LIVING,
    seed: Annotated[int, typer.Option(help="The same seed, the same drivers and cars.")] = 0,
    time_factor: Annotated[
        float, typer.Option(min=0.01, help="Simulated seconds in a real one; above 1 their clocks begin 12 hours ago.")
    ] = 1.0,
    tokens: Annotated[str, typer.Option(help="Cards of the drivers, with commas between.")] = "RFID1,RFID2,RFID3",
    left_alone: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help="In living: nobody comes to this one but who is started from afar; may be given again."
        ),
    ] = None,
    sample_interval: Annotated[int, typer.Option(min=1, help="Seconds between meter values, simulated.")] = 15,
    retry_ids: Annotated[Retry, typer.Option(help="Message ids of repeated messages.")] = Retry.same,
    speaks: Annotated[Version | None, typer.Option("--version", help="The same as VERSION.")] = None,
    to: Annotated[str | None, typer.Option("--url", help="The same as URL.")] = None,
    quirk: Annotated[
        list[QuirkName] | None, typer.Option(help="What they do wrong (docs/simulator.md); may be given again.")
    ] = None,
    journal: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep a journal of each charger there.")] = None,
) -> None:
    """Simulate chargers: they connect, boot, and drivers come and charge. Ctrl-C ends it."""
    import uvloop
    from rich.console import Console

    identities = [identity] if count == 1 else [f"{identity}-{number:03d}" for number in range(1, count + 1)]
    secrets = _secrets(identities, password, passwords)
    if journal is not None:
        journal.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)

    def fleet() -> "Fleet":
        from stationmaster.simulator.clock import Clock
        from stationmaster.simulator.fleet import Fleet
        from stationmaster.simulator.station import Habits

        turns, clock, stations = kinds(speaks or version), Clock(factor=time_factor), []
        for place, name in enumerate(identities):
            policy = POLICIES[place % len(POLICIES)] if retry_ids is Retry.mixed else retry_ids
            station = turns[place % len(turns)](
                name,
                to or url,
                password=secrets[name],
                connectors=connectors,
                clock=clock,
                seed=seed,
                habits=Habits(
                    retry_ids=cast("RetryIds", policy.value), gives_up_when_refused=True, transfers_files=True
                ),
                journal=None if journal is None else journal / f"{name}.journal",
                quirks=[each.value for each in quirk or []],
            )
            station.configuration.change("MeterValueSampleInterval", str(sample_interval))
            stations.append(station)
        cards = tuple(card.strip() for card in tokens.split(",") if card.strip())
        return Fleet(
            stations, scenarios.load(scenario.value), cards or ("RFID1",), seed, left_alone=frozenset(left_alone or ())
        )

    try:
        failures = uvloop.run(_run(fleet, console))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    for sentence in sorted(set(failures.values()))[:10]:
        console.print(sentence, style="red", highlight=False, soft_wrap=True)
    if failures:
        raise typer.Exit(1)


def kinds(version: Version) -> "list[type[Charger]]":
    """What to make; the stations take turns."""
    from stationmaster.simulator.v2 import ChargingStation21, ChargingStation201
    from stationmaster.simulator.v16 import ChargePoint16

    known: dict[Version, list[type[Charger]]] = {
        Version.V16: [ChargePoint16],
        Version.V201: [ChargingStation201],
        Version.V21: [ChargingStation21],
        Version.mixed: [ChargePoint16, ChargingStation201, ChargingStation21],
    }
    return known[version]


async def _run(make: "Callable[[], Fleet]", console: "Console") -> dict[str, str]:
    """Play to the end, or until the process is asked to stop. What failed, by station."""
    fleet = make()
    playing = asyncio.ensure_future(fleet.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel)
    showing = asyncio.ensure_future(fleet.show(console))
    try:
        await asyncio.wait({playing, showing}, return_when=asyncio.FIRST_COMPLETED)
        if playing.done() and not playing.cancelled():
            playing.result()
        if showing.done():
            showing.result()
    finally:
        summary = fleet.summary()  # before everybody hangs up
        for task in (playing, showing):
            task.cancel()
        await asyncio.gather(playing, showing, return_exceptions=True)
        console.print(summary, highlight=False)
    return fleet.failures


def _secrets(identities: list[str], password: str | None, file: Path | None) -> dict[str, str | None]:
    """The secret of each charger. Raises typer.BadParameter, naming what is wrong with the file."""
    if file is None:
        return dict.fromkeys(identities, password)
    try:
        known = msgspec.json.decode(file.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError) as error:
        raise typer.BadParameter(
            f"{file} cannot be read as identity to secret: {error}", param_hint="--passwords"
        ) from error
    if missing := [name for name in identities if name not in known and password is None]:
        raise typer.BadParameter(f"{file} has no secret for {missing[0]}.", param_hint="--passwords")
    return {name: known.get(name, password) for name in identities}
