"""The command line. Each command imports what it needs when it runs: `stationmaster --help` answers at once."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Annotated

import typer

from stationmaster.cli import authorities, records
from stationmaster.simulator.command import simulate

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A charging station management system.",
)
app.add_typer(records.user, name="user")
app.add_typer(records.station, name="station")
app.add_typer(records.token, name="token")
app.add_typer(records.organization, name="organization")
app.add_typer(authorities.ca, name="ca")
app.command()(simulate)
db = typer.Typer(no_args_is_help=True, help="The database: move it, check it.")
app.add_typer(db, name="db")


@app.command()
def serve(
    role: Annotated[
        str | None,
        typer.Option(
            help="Only a part of it: `gateway`, `api` or `worker`; left out, what the setting `node.role` says"
        ),
    ] = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Go on with another secret key; every charger then needs a new secret")
    ] = False,
) -> None:
    """Run the server: chargers, API and pages in one process."""
    gc.disable()  # a start makes many objects and no garbage; the server turns it on again when it is ready
    from stationmaster.cli import server

    server.serve(role=role, new_key=new_key)


@app.command()
def demo(
    chargers: Annotated[int, typer.Option(help="How many simulated chargers")] = 6,
    seed: Annotated[int, typer.Option(help="The same seed gives the same story")] = 7,
) -> None:
    """Run the server with demo data and simulated chargers."""
    gc.disable()
    from stationmaster.cli import demo as demonstration

    demonstration.demo(chargers=chargers, seed=seed)


@app.command()
def migrate() -> None:
    """Bring the database's schema up to date (`serve` does this by itself unless database.migrate is off)."""
    records.migrate()


@app.command()
def audit_ledger() -> None:
    """Prove the books: that all sums, balances, numbers and bills say the same. It may run beside the server, and takes long."""
    from stationmaster.cli import books

    books.audit_ledger()


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Left out: stationmaster-<time>.tar.gz, in this folder")
    ] = None,
    with_key: Annotated[
        bool, typer.Option("--with-key", help="Put the secret key in it too; who has the file then has everything")
    ] = False,
) -> None:
    """Write database and files into one file, as they are at one moment. The server may go on meanwhile."""
    from stationmaster.cli import backups

    backups.back_up(file, with_key=with_key)


@app.command()
def restore(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Put a backup back where the settings say, into a database that is new or empty."""
    from stationmaster.cli import backups

    backups.restore(file)


@app.command()
def explain(
    charger: Annotated[
        str, typer.Argument(metavar="CHARGER", help="The id of a charger, also of one that was removed")
    ],
    at: Annotated[
        str,
        typer.Option(help='A moment: "2026-11-25 18:05", "18:05", "yesterday 18:05", "10 minutes ago", an ISO time'),
    ] = "now",
    minutes: Annotated[int, typer.Option(help="So many before the moment, and after it; 720 at the most")] = 30,
    zone: Annotated[str | None, typer.Option(help="As in Europe/Berlin; left out, the one of this machine")] = None,
    organization: records.Of = None,
) -> None:
    """Tell all that happened to a charger around one moment: messages, connections, states, sessions, commands, alarms."""
    from stationmaster.cli import explain as story

    story.explain(charger, at=at, minutes=minutes, zone=zone, organization=organization)


@db.command()
def move(
    target: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            envvar="TARGET_DATABASE_URL",
            help="A new, empty database: postgresql://USER:PASSWORD@HOST/NAME; better as the variable, which others on this machine do not see",
        ),
    ],
) -> None:
    """Move from SQLite to PostgreSQL, and compare. The server must be stopped; a move that was cut off goes on when it is started again."""
    from stationmaster.cli import databases

    databases.move(target)


@db.command()
def check() -> None:
    """Look whether the database is whole, and its schema the one of this program. It may run beside the server."""
    from stationmaster.cli import databases

    databases.check()
