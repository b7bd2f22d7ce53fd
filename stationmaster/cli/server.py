"""`serve`: the server in this process."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version

import uvloop
from structlog.typing import Processor

from stationmaster import memory, telemetry
from stationmaster.app import App
from stationmaster.domain import accounts
from stationmaster.settings import BadSettings, Settings, load
from stationmaster.settings import Traces as TracesSettings
from stationmaster.storage import StorageUnavailable, Unusable
from stationmaster.traces import OFF, Traces

# The messages in hand between two commits are thousands of objects, none of them garbage yet: looking at them each time a
# few hundred were made, which is the interpreter's habit, cost 4 µs a message.
COLLECT_AFTER = (50_000, 20, 50)

Ready = Callable[[App], Awaitable[None]]


def serve(*, role: str | None = None, new_key: bool = False) -> None:
    """Run until SIGTERM or Ctrl-C."""
    settings = load() if role is None else load(node={"role": role})
    reports = _reports(settings.log.sentry_dsn)
    traces, named = traced(settings.traces)
    telemetry.configure(settings.log.level, settings.log.format, reports, also=named)
    try:
        uvloop.run(run(settings, _print_urls, new_key=new_key, traces=traces))
    finally:
        traces.end()
        if reports is not None:
            reports.end()


def _reports(address: str | None) -> telemetry.Reports | None:
    """Where errors are collected. Raises `BadSettings`."""
    if address is None:
        return None
    try:
        return telemetry.Reports(address, release=version("stationmaster"))
    except ImportError:
        raise BadSettings("log.sentry_dsn: needs what `pip install stationmaster[sentry]` brings") from None
    except ValueError as error:
        raise BadSettings(f"log.sentry_dsn: {error}") from None


def traced(settings: TracesSettings) -> tuple[Traces, list[Processor]]:
    """Where traces go, and what names them in the log. Raises `BadSettings`."""
    if settings.url is None:
        return OFF, []
    try:
        from stationmaster.traces.exported import Exported  # only here: its import takes a fifth of a second
    except ImportError:
        raise BadSettings("traces.url: needs what `pip install stationmaster[traces]` brings") from None
    traces = Exported(
        settings.url,
        share=settings.share,
        release=version("stationmaster"),
        headers=settings.headers,
        timeout_s=settings.timeout_s,
    )
    return traces, [traces.named]


async def run(settings: Settings, ready: Ready, *, new_key: bool = False, traces: Traces = OFF) -> None:
    memory.prepare()
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
        async with App(settings, new_key=new_key, traces=traces).running() as app:
            # What was loaded stays: the collector need not look at it again, and did not have to during the start.
            gc.freeze()
            gc.set_threshold(*COLLECT_AFTER)
            gc.enable()
            await ready(app)
            await stop.wait()
    except BaseException as error:
        line = _in_one_line(error)
        if line is None:
            raise
        sys.exit(f"stationmaster: {line}")


def _in_one_line(error: BaseException) -> str | None:
    """What the person at the terminal can do something about; None for what is our own mistake."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, StorageUnavailable):
        return f"database.url: {error}"
    return str(error) if isinstance(error, Unusable | OSError) else None


async def _print_urls(app: App) -> None:
    if app.serves_people:
        say(f"Web: {web_url(app)}")
    if app.serves_chargers:
        say(f"Chargers: {chargers_url(app)}/<id>")
    if app.serves_people and not await app.database.read(accounts.any_user):
        say(f"Nobody can log in yet: {accounts.FIRST_USER}")


def web_url(app: App) -> str:
    return app.settings.web.public_url or f"http://{_reachable(app.settings.web.host)}:{app.web_port}"


def chargers_url(app: App) -> str:
    return app.settings.gateway.public_url or f"ws://{_reachable(app.settings.gateway.host)}:{app.gateway_port}/ocpp"


def _reachable(host: str) -> str:
    return "localhost" if host in ("0.0.0.0", "::", "127.0.0.1") else host


def say(*lines: str) -> None:
    with contextlib.suppress(OSError):  # who started us may not be listening
        for line in lines:
            print(line, flush=True)
