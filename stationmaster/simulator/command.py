"""`stationmaster simulate`: chargers on the command line. What only a running fleet needs is imported when it runs."""

import asyncio
import signal
import ssl
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from stationmaster.simulator import quirks, scenarios

if TYPE_CHECKING:
    from rich.console import Console

    from stationmaster.simulator.charger import Charger
    from stationmaster.simulator.fleet import Fleet
    from stationmaster.simulator.plans import Plan

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


ScenarioName = StrEnum("ScenarioName", {name: name for name in scenarios.names()})  # type: ignore[misc]
LIVING = ScenarioName("living")
QuirkName = StrEnum("QuirkName", {name: name for name in quirks.QUIRKS})  # type: ignore[misc]


def simulate(
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="The charger's identity; with --count, the beginning.")
    ] = "",
    version: Annotated[Version, typer.Argument(help="The OCPP version it speaks; mixed: each in turn.")] = Version.V16,
    url: Annotated[str, typer.Argument(help="The address for chargers, without the identity.")] = DEFAULT_URL,
    fleet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A fleet in TOML, in place of ID (docs/simulator.md); of the options, passwords, url and journal go with it.",
        ),
    ] = None,
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
    ca: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With wss://: the authority that they trust, as PEM.")
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The certificate they show, and its chain, as PEM (security profile 3). One charger with a password has it signed and written there, when it is not there yet.",
        ),
    ] = None,
    certificate_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The key of --certificate, as PEM, when it is not in that file.")
    ] = None,
) -> None:
    """Simulate chargers: they connect, boot, and drivers come and charge. Ctrl-C ends it."""
    import uvloop
    from rich.console import Console

    plan = _plan_of(fleet, to) if fleet is not None else None
    if plan is None:
        if not identity:
            raise typer.BadParameter("Name a charger, or a file with --fleet.", param_hint="ID")
        plan = _plan(
            url=to or url,
            tokens=[card.strip() for card in tokens.split(",") if card.strip()] or ["RFID1"],
            seed=seed,
            time_factor=time_factor,
            chargers=[
                {
                    "identity": identity,
                    "count": count,
                    "version": (speaks or version).value,
                    "connectors": connectors,
                    "scenario": scenario.value,
                    "sample_interval": sample_interval,
                    "retry_ids": retry_ids.value,
                    "quirks": [each.value for each in quirk or []],
                }
            ],
        )
    elif identity:
        raise typer.BadParameter(f"{identity} is not played: the chargers are those of --fleet.", param_hint="ID")
    secrets = _secrets(plan.identities, password, passwords)
    if journal is not None:
        journal.mkdir(parents=True, exist_ok=True)
    # One that is not there yet is asked for, when the server wants it to be.
    is_to_come = certificate is not None and not certificate.exists() and len(secrets) == 1 and any(secrets.values())
    tls = _tls(ca, None if is_to_come else certificate, None if is_to_come else certificate_key)
    console = Console(stderr=True)

    def make() -> "Fleet":
        from stationmaster.simulator import plans

        made = plans.fleet(plan, secrets, journal, tls)
        made.left_alone |= frozenset(left_alone or ())
        if is_to_come and certificate is not None:
            made.stations[0].own_certificate.keep_in(certificate, certificate_key)
        return made

    try:
        failures = uvloop.run(_run(make, console))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    for sentence in sorted(set(failures.values()))[:10]:
        console.print(sentence, style="red", highlight=False, soft_wrap=True)
    if failures:
        raise typer.Exit(1)


def _plan_of(file: Path, url: str | None) -> "Plan":
    from stationmaster.simulator import plans

    try:
        plan = plans.read(file)
    except plans.BadPlan as error:
        raise typer.BadParameter(str(error), param_hint="--fleet") from error
    if url is not None:
        plan.url = url
    return plan


def _plan(**told: object) -> "Plan":
    from stationmaster.simulator.plans import Plan

    return msgspec.convert(told, Plan)


def kinds(version: Version) -> "list[type[Charger]]":
    """What to make; the stations take turns."""
    from stationmaster.simulator.plans import KINDS

    return KINDS[version.value]


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


def _tls(ca: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Whom they trust, and what they show; None: as the system has it. Raises typer.BadParameter."""
    if ca is None and certificate is None:
        return None
    try:
        made = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise typer.BadParameter(f"{ca} cannot be read as certificates: {error}", param_hint="--ca") from error
    if certificate is not None:
        try:
            made.load_cert_chain(certificate, key, password="")
        except (OSError, ssl.SSLError) as error:
            told = f"{certificate} cannot be read as a certificate with its key: {error}"
            raise typer.BadParameter(told, param_hint="--certificate") from error
    return made


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
