"""The command line. Each command imports what it needs when it runs: `stationmaster --help` answers at once."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from stationmaster.cli import records
from stationmaster.domain.errors import DomainError
from stationmaster.settings import BadSettings
from stationmaster.simulator.command import simulate

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="A charging station management system.")
app.add_typer(records.user, name="user")
app.add_typer(records.station, name="station")
app.add_typer(records.token, name="token")
app.command()(simulate)


@app.command()
def serve() -> None:
    """Run the server: chargers, API and pages in one process."""
    from stationmaster.cli import server

    server.serve()


@app.command()
def demo(
    chargers: Annotated[int, typer.Option(help="How many simulated chargers")] = 6,
    seed: Annotated[int, typer.Option(help="The same seed gives the same story")] = 7,
) -> None:
    """Run the server with demo data and simulated chargers."""
    from stationmaster.cli import server

    server.demo(chargers=chargers, seed=seed)


@app.command()
def migrate() -> None:
    """Bring the database's schema up to date (`serve` does this by itself unless database.migrate is off)."""
    from stationmaster.cli import records

    records.migrate()


@app.command()
def bench(
    seconds: Annotated[float, typer.Option(help="Seconds of load for each figure")] = 10.0,
    stations: Annotated[int, typer.Option(help="Stations in the mix")] = 1000,
    storm: Annotated[int, typer.Option(help="Stations that reconnect at once")] = 5000,
    only: Annotated[str, typer.Option(help="sqlite or postgresql")] = "",
    output: Annotated[str, typer.Option(help="Folder for the JSON")] = "bench-results",
) -> None:
    """Measure: durable messages a second, latency, CPU, reconnect storm, memory, commands."""
    from stationmaster.cli import bench as measure

    measure.bench(seconds=seconds, stations=stations, storm=storm, only=only, output=output)


@app.command()
def crash(
    kills: Annotated[int, typer.Option(help="How often the server is killed, on each database")] = 20,
    stations: Annotated[int, typer.Option(help="Simulated chargers, each with a journal")] = 40,
    only: Annotated[str, typer.Option(help="sqlite or postgresql")] = "",
    seed: Annotated[int, typer.Option(help="Of the moments of the kills")] = 1,
) -> None:
    """Kill the server under load again and again, then compare the chargers' journals with the database."""
    from stationmaster.cli import crash as test

    test.crash(kills=kills, stations=stations, only=only, seed=seed)


def main() -> None:
    """The entry point: what a person did wrong is one line, not a stack."""
    try:
        app()
    except (BadSettings, DomainError) as error:
        print(f"stationmaster: {error}", file=sys.stderr)
        sys.exit(2)
