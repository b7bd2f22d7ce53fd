"""`serve` and `demo`: the server in this process; in the demo, simulated chargers in another one."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import resource
import secrets
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop
from sqlalchemy.exc import OperationalError

from stationmaster import telemetry
from stationmaster.app import App
from stationmaster.domain import accounts, organizations, sites, stations, tokens
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Conflict
from stationmaster.settings import Settings, load
from stationmaster.storage import Work

DEMO_EMAIL = "demo@example.org"
DEMO_SITES = (("Harbour garage", "Quay 4"), ("Office car park", "Mill Street 12"))
DEMO_TOKENS = ("04A2B3C4D5", "04B7C8D9EA", "049F11223A", "04DEAD00BE")
DEMO_NAMES = ("North wall", "South wall", "Gate", "Visitors", "Fleet 1", "Fleet 2")

# The messages in hand between two commits are thousands of objects, none of them garbage yet: looking at them each time a
# few hundred were made, which is the interpreter's habit, cost 4 µs a message.
COLLECT_AFTER = (50_000, 20, 50)

Ready = Callable[[App], Awaitable[None]]


def serve() -> None:
    """Run until SIGTERM or Ctrl-C."""
    settings = load()
    telemetry.configure(settings.log.level, settings.log.format)
    uvloop.run(_serve(settings, _print_urls))


def demo(*, chargers: int, seed: int) -> None:
    """The same, with demo data and a handful of living chargers."""
    settings = load()
    telemetry.configure("warning" if settings.log.level == "info" else settings.log.level, settings.log.format)
    uvloop.run(_demo(settings, chargers, seed))


async def _serve(settings: Settings, ready: Ready) -> None:
    # The writer gives up the interpreter's lock at each statement; it must not wait 5 ms to get it back from the event loop.
    sys.setswitchinterval(0.001)
    # Every charger is an open file; the customary soft limit of 1,024 would turn the next one away.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    try:
        async with App(settings).running() as app:
            # What was loaded stays: the collector need not look at it again, and did not have to during the start.
            gc.freeze()
            gc.set_threshold(*COLLECT_AFTER)
            gc.enable()
            await ready(app)
            await stop.wait()
    except OperationalError as error:
        sys.exit(f"stationmaster: database.url: the database cannot be used: {str(error.orig).splitlines()[0]}")
    except OSError as error:
        sys.exit(f"stationmaster: {error}")


async def _print_urls(app: App) -> None:
    _say(f"Web: {_web_url(app)}", f"Chargers: {_chargers_url(app)}/<id>")
    if not await app.database.read(accounts.any_user):
        _say("Nobody can log in yet: stationmaster user add EMAIL --role administrator")


async def _demo(settings: Settings, chargers: int, seed: int) -> None:
    simulator: asyncio.subprocess.Process | None = None
    with tempfile.TemporaryDirectory(prefix="stationmaster-") as folder:

        async def ready(app: App) -> None:
            nonlocal simulator
            email, password, passwords = await _demo_data(app, chargers)
            _say(f"Web: {_web_url(app)}", f"Chargers: {_chargers_url(app)}/<id>", f"Login: {email} {password}")
            simulator = await _simulate(app, Path(folder), passwords, seed)

        try:
            await _serve(settings, ready)
        finally:
            if simulator is not None and simulator.returncode is None:
                simulator.terminate()
                await simulator.wait()


async def _demo_data(app: App, chargers: int) -> tuple[str, str, dict[str, str]]:
    """Sites, chargers, cards and a log-in, whose password is remembered beside the secret key; chargers get new secrets."""
    store = app.settings.security.key_file.parent / "demo-password"
    password = store.read_text().strip() if store.exists() else secrets.token_urlsafe(12)
    identities = [f"SIM-{number:03d}" for number in range(1, chargers + 1)]
    made = await app.database.write(_make_demo, app.keys, password, identities)
    store.parent.mkdir(parents=True, exist_ok=True)
    store.touch(mode=0o600)
    store.write_text(password)
    return DEMO_EMAIL, password, made


def _make_demo(work: Work, keys: Keys, password: str, identities: list[str]) -> dict[str, str]:
    home = organizations.home(work)
    for name, address in DEMO_SITES:
        if sites.find(work, home, name) is None:
            sites.create(work, home, name=name, address=address)
    for number, uid in enumerate(DEMO_TOKENS, 1):
        with contextlib.suppress(Conflict):
            tokens.add(work, home, uid=uid, label=f"Driver {number}")
    try:
        accounts.add(work, home, email=DEMO_EMAIL, password=password, role="administrator")
    except Conflict:
        accounts.set_password(work, email=DEMO_EMAIL, password=password)
    made = {}
    for number, identity in enumerate(identities):
        site = DEMO_SITES[number % len(DEMO_SITES)][0]
        name = DEMO_NAMES[number % len(DEMO_NAMES)]
        try:
            _, made[identity] = stations.create(work, home, keys, identity=identity, name=name, site=site)
        except Conflict:
            made[identity] = stations.new_secret(work, home, identity, keys)
    return made


async def _simulate(app: App, folder: Path, passwords: dict[str, str], seed: int) -> asyncio.subprocess.Process:
    """The chargers live in a process of their own: a real client, over a real socket."""
    file = folder / "passwords.json"
    file.write_text(json.dumps(passwords))
    output = (app.settings.security.key_file.parent / "simulator.log").open("wb")
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "stationmaster",
        "simulate",
        "SIM",
        "1.6",
        _chargers_url(app),
        "--passwords",
        str(file),
        "--count",
        str(len(passwords)),
        "--connectors",
        "2",
        "--scenario",
        "living",
        "--sample-interval",
        "5",
        "--tokens",
        ",".join(DEMO_TOKENS),
        "--seed",
        str(seed),
        stdout=output,
        stderr=output,
    )


def _web_url(app: App) -> str:
    return f"http://{_reachable(app.settings.web.host)}:{app.web_port}"


def _chargers_url(app: App) -> str:
    return f"ws://{_reachable(app.settings.gateway.host)}:{app.gateway_port}/ocpp"


def _reachable(host: str) -> str:
    return "localhost" if host in ("0.0.0.0", "::", "127.0.0.1") else host


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)
