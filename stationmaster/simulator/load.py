"""The load generator of `make bench`: as many messages as a server will answer, from one core.

It is no believable charger: frames are filled in from templates and answers are hardly looked at. Only answers count.

    python -m stationmaster.simulator.load --url ws://localhost:9000/ocpp --secrets FILE --mode mix --seconds 30

One JSON object on standard output at the end; progress on standard error.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import quote

import msgspec
import picows
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from stationmaster.simulator.fleet import allow_many_connections
from stationmaster.simulator.link import basic_authorization
from stationmaster.simulator.load_words import MESSAGES, SPEECHES, Speech

HANDSHAKES_AT_ONCE = 256
STEP_S = 1e-4  # resolution of the latency histogram
LONGEST_S = 10.0
STALLED_S = 5.0


class CannotRun(Exception):
    """A station was refused for good."""


class Tally:
    """What was answered, and how fast."""

    def __init__(self) -> None:
        self.answers = 0
        self.errors = 0  # CALLERRORs
        self.lost = 0  # connections that the server or the network ended
        self.refused = 0  # handshakes that had to be tried again
        self.sessions = 0
        self.histogram = [0] * (round(LONGEST_S / STEP_S) + 1)

    def took(self, seconds: float) -> None:
        self.answers += 1
        try:
            self.histogram[int(seconds / STEP_S)] += 1
        except IndexError:
            self.histogram[-1] += 1

    def percentile_ms(self, percent: float) -> float | None:
        """The time within which that share of the answers came, in milliseconds; None without answers."""
        wanted = sum(self.histogram) * percent / 100
        seen = 0
        for step, number in enumerate(self.histogram):
            seen += number
            if number and seen >= wanted:
                return round((step + 1) * STEP_S * 1000, 1)
        return None


class Times:
    """UTC time as text; the part down to the second is made once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._text = b""

    def text(self, at_ms: int) -> bytes:
        second, millisecond = divmod(at_ms, 1000)
        if second != self._second:
            self._second = second
            self._text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()
        return b"%s.%03dZ" % (self._text, millisecond)


TIMES = Times()


class Station(picows.WSListener):
    """One connection with one CALL outstanding. `script` makes the next frame when the last one was answered."""

    def __init__(self, tally: Tally, token: bytes, first_register_wh: int, speech: Speech) -> None:
        self.tally = tally
        self.speech = speech
        self.token = token
        self.transport: picows.WSTransport | None = None
        self.script: Iterator[bytes] | None = None
        self.answered: asyncio.Future[bytes] | None = None  # for a call outside of the script
        self.answer = b""
        self.expected = b""
        self.number = 0
        self.sent_at = 0.0
        self.at_ms = 0
        self.register_wh = first_register_wh
        self.closing = False
        self.every_s = 0.0  # between two calls of the script; 0: the next one as soon as the last was answered
        self.due = 0.0

    def run(self) -> None:
        """Begin the script of sessions."""
        self.script = self.speech.sessions(self)
        self.send(next(self.script))

    def run_paced(self, every_s: float, first_in_s: float) -> None:
        """Begin it in a while, and send no call earlier than so long after the one before."""
        self.script, self.every_s = self.speech.sessions(self), every_s
        loop = asyncio.get_running_loop()
        self.due = loop.time() + first_in_s
        loop.call_at(self.due, self.send_next)

    def send_next(self) -> None:
        if self.script is not None:
            self.send(next(self.script))

    def next(self) -> int:
        """A message id for this connection, and what its answer will begin with."""
        self.number += 1
        self.expected = b'[3,"%x"' % self.number
        return self.number

    def now(self) -> bytes:
        """The time; never the same twice at one station, so that no two messages are equal."""
        self.at_ms = max(self.at_ms + 1, int(time.time() * 1000))
        return TIMES.text(self.at_ms)

    def send(self, data: bytes) -> None:
        if self.transport is not None:
            self.sent_at = time.perf_counter()
            self.transport.send(picows.WSMsgType.TEXT, data)

    async def boot(self) -> bytes:
        """Send BootNotification; the answer."""
        self.answered = asyncio.get_running_loop().create_future()
        self.send(self.speech.boot % self.next())
        return await self.answered

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        data = frame.get_payload_as_bytes()
        if data.startswith(self.expected) and self.expected:
            self.tally.took(time.perf_counter() - self.sent_at)
            self.go_on(data)
        else:
            self.something_else(frame, data)

    def go_on(self, data: bytes) -> None:
        self.expected = b""
        self.answer = data
        if self.script is not None and self.every_s:
            loop = asyncio.get_running_loop()
            self.due = max(self.due + self.every_s, loop.time())
            loop.call_at(self.due, self.send_next)
        elif self.script is not None:
            self.send(next(self.script))
        elif self.answered is not None and not self.answered.done():
            self.answered.set_result(data)

    def something_else(self, frame: picows.WSFrame, data: bytes) -> None:
        """A close, a CALL of the server, a CALLERROR, or JSON with blanks in it."""
        if frame.msg_type == picows.WSMsgType.CLOSE and self.transport is not None:
            self.transport.disconnect()
        if frame.msg_type != picows.WSMsgType.TEXT:
            return
        message = json.loads(data)
        if message[0] == 2 and self.transport is not None:
            answer = json.dumps([4, message[1], "NotImplemented", "", {}])
            self.transport.send(picows.WSMsgType.TEXT, answer.encode())
        elif message[0] in (3, 4) and message[1] == f"{self.number:x}" and self.expected:
            if message[0] == 4:
                self.tally.errors += 1
            else:
                self.tally.took(time.perf_counter() - self.sent_at)
            self.go_on(data if message[0] == 3 else b'[3,"",{}]')

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self.transport = None
        if not self.closing:
            self.tally.lost += 1
        if self.answered is not None and not self.answered.done():
            self.answered.set_exception(ConnectionResetError("The connection was lost."))


class Load:
    """All stations of one run."""

    def __init__(self, url: str, secrets: dict[str, str], token: str, version: str = "1.6") -> None:
        self.url = url.rstrip("/")
        self.secrets = secrets
        self.token = token.encode()
        self.speech = SPEECHES[version]
        self.server_pid: int | None = None
        self.rate = 0.0
        self.tally = Tally()
        self.stations: list[Station] = []
        self.connected = 0

    async def connect_all(self) -> float:
        """Connect and boot every station, some hundred at a time; the seconds it took."""
        queue = iter(self.secrets.items())
        numbers = count(1)
        started = time.perf_counter()

        async def worker() -> None:
            for identity, secret in queue:
                await self._connect(identity, secret, next(numbers))
                self.connected += 1

        await asyncio.gather(*(worker() for _ in range(min(HANDSHAKES_AT_ONCE, len(self.secrets)))))
        return time.perf_counter() - started

    async def _connect(self, identity: str, secret: str, number: int) -> None:
        """Connect and boot; when it is refused for now, again after the time that the server names."""
        headers = {
            "Authorization": basic_authorization(identity, secret),
            "Sec-WebSocket-Protocol": self.speech.subprotocol,
        }
        register_wh = int(time.time()) % 1_000_000 * 1000 + number
        while True:
            station = Station(self.tally, self.token, register_wh, self.speech)
            try:
                await picows.ws_connect(
                    lambda *_, made=station: made,
                    f"{self.url}/{quote(identity, safe='')}",
                    extra_headers=headers,
                    read_buffer_init_size=1024,
                    websocket_handshake_timeout=30,
                    max_redirects=0,
                )
                answer = msgspec.json.decode(await station.boot())[2]
            except picows.WSHandshakeError as error:
                status = 0 if error.response is None else int(error.response.status)
                if status not in (429, 503):
                    raise CannotRun(f"{status}: {identity} was refused at {self.url}.") from error
                self.tally.refused += 1
                wait = error.response.headers.get("Retry-After", "1") if error.response is not None else "1"
                await asyncio.sleep(float(wait) if wait.isdigit() else 1.0)
            except (OSError, TimeoutError, AttributeError):
                self.tally.refused += 1
                await asyncio.sleep(0.5)
            else:
                if answer.get("status") != "Accepted":
                    raise CannotRun(f"{identity} was not accepted: {answer}.")
                self.stations.append(station)
                return

    def reset_tally(self) -> None:
        """Forget what was counted so far, for instance the boots before the sessions."""
        self.tally = Tally()
        for station in self.stations:
            station.tally = self.tally

    def run_sessions(self) -> None:
        for station in self.stations:
            if station.transport is not None:
                station.run()

    def stalled(self) -> int:
        """Stations whose last message has waited long for its answer."""
        now = time.perf_counter()
        return sum(bool(station.expected) and now - station.sent_at > STALLED_S for station in self.stations)

    def close(self) -> None:
        for station in self.stations:
            station.closing = True
            if station.transport is not None:
                station.transport.disconnect(False)

    def result(self, mode: str, seconds: float) -> dict[str, object]:
        """What the run has shown, ready for JSON. Times in milliseconds, rates per second."""
        tally = self.tally
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "mode": mode,
            "stations": len(self.stations),
            "seconds": round(seconds, 3),
            "answers": tally.answers,
            "answers_per_s": round(tally.answers / seconds, 1) if seconds else None,
            "sessions": tally.sessions,
            "errors": tally.errors,
            "lost_connections": tally.lost,
            "handshakes_repeated": tally.refused,
            "stalled": self.stalled(),
            "p50_ms": tally.percentile_ms(50),
            "p95_ms": tally.percentile_ms(95),
            "p99_ms": tally.percentile_ms(99),
            "client_cpu_s": round(usage.ru_utime + usage.ru_stime, 3),
        }


Show = Callable[[float, str], None]


async def mix(load: Load, seconds: float, show: Show) -> dict[str, object]:
    """Sessions at full speed for that long, each station with one CALL outstanding."""
    await _connect_showing(load, show)
    load.reset_tally()
    cpu_before, server_cpu_before = time.process_time(), _cpu_s(load.server_pid)
    started = time.perf_counter()
    load.run_sessions()
    while (gone := time.perf_counter() - started) < seconds:
        show(gone / seconds, f"{load.tally.answers / gone:,.0f} messages/s" if gone > 0.5 else "sessions begin")
        await asyncio.sleep(min(0.25, seconds - gone))
    result = load.result("mix", time.perf_counter() - started)
    return {
        **result,
        "client_cpu_s": round(time.process_time() - cpu_before, 3),
        "server_cpu_s": round(_cpu_s(load.server_pid) - server_cpu_before, 3),
    }


async def paced(load: Load, seconds: float, show: Show) -> dict[str, object]:
    """Sessions at a rate, of all stations together, until the time is over or SIGTERM comes.

    What was so far is told on standard output when all are at work, and of the time since at each SIGUSR1. They begin one after
    the other within the time of a session: side by side, a thousand of them would start and stop in one and the same moment, for ever.
    """
    loop, over, since = asyncio.get_running_loop(), asyncio.Event(), time.perf_counter()
    await _connect_showing(load, show)

    def tell() -> None:
        nonlocal since
        sys.stdout.write(json.dumps(load.result("paced", time.perf_counter() - since)) + "\n")
        sys.stdout.flush()
        load.reset_tally()
        since = time.perf_counter()

    loop.add_signal_handler(signal.SIGUSR1, tell)
    loop.add_signal_handler(signal.SIGTERM, over.set)
    every_s = len(load.stations) / load.rate
    within_s = every_s * MESSAGES
    for number, station in enumerate(load.stations):
        station.run_paced(every_s, within_s * number / len(load.stations))
    loop.call_later(within_s, tell)
    with suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), seconds)
    return load.result("paced", time.perf_counter() - since)


def _cpu_s(pid: int | None) -> float:
    """CPU seconds that a process has used so far, user and system; 0 for none."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def storm(load: Load, seconds: float, show: Show) -> dict[str, object]:
    """All stations connect and boot, as fast as they are let in."""
    took_s = await _connect_showing(load, show)
    return {**load.result("storm", took_s), "boots_per_s": round(len(load.stations) / took_s, 1)}


async def idle(load: Load, seconds: float, show: Show) -> dict[str, object]:
    """All stations connect, boot, and are then quiet for that long."""
    await _connect_showing(load, show)
    started = time.perf_counter()
    while (gone := time.perf_counter() - started) < seconds:
        show(gone / seconds, f"{len(load.stations) - load.tally.lost} idle")
        await asyncio.sleep(min(0.25, seconds - gone))
    return load.result("idle", time.perf_counter() - started)


MODES: dict[str, Callable[[Load, float, Show], Awaitable[dict[str, object]]]] = {
    "mix": mix,
    "paced": paced,
    "storm": storm,
    "idle": idle,
}


async def _connect_showing(load: Load, show: Show) -> float:
    connecting = asyncio.ensure_future(load.connect_all())
    while not connecting.done():
        show(load.connected / len(load.secrets), f"{load.connected} connected")
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(connecting), 0.25)
    return connecting.result()


async def _run(options: argparse.Namespace, secrets: dict[str, str]) -> dict[str, object]:
    allow_many_connections(len(secrets))
    load = Load(options.url, secrets, options.token, options.version)
    load.server_pid, load.rate = options.server_pid, options.rate
    columns = (TextColumn(options.mode), BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, disable=not options.progress, refresh_per_second=4) as progress:
        task = progress.add_task("", total=1.0)

        def show(done: float, words: str) -> None:
            progress.update(task, completed=done, description=words)

        try:
            return await MODES[options.mode](load, options.seconds, show)
        finally:
            load.close()
            await asyncio.sleep(0.05)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m stationmaster.simulator.load", description=__doc__)
    parser.add_argument("--url", default="ws://localhost:9000/ocpp", help="the address without the identity")
    parser.add_argument("--secrets", type=Path, required=True, help="JSON file: identity to secret")
    parser.add_argument("--version", choices=sorted(SPEECHES), default="1.6", help="the OCPP version they speak")
    parser.add_argument("--mode", choices=sorted(MODES), default="mix")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long (not in a storm)")
    parser.add_argument(
        "--rate", type=float, default=2000.0, help="messages a second, of all stations together, when paced"
    )
    parser.add_argument("--stations", type=int, default=0, help="only the first so many of the file")
    parser.add_argument("--token", default="BENCH", help="the token of all drivers")
    parser.add_argument(
        "--server-pid", type=int, help="a process here whose CPU time is told as well, for the mix alone"
    )
    parser.add_argument("--progress", action="store_true", help="a progress bar on standard error")
    options = parser.parse_args(arguments)
    try:
        secrets = msgspec.json.decode(options.secrets.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError) as error:
        parser.error(f"--secrets: {error}")
    chosen = dict(list(secrets.items())[: options.stations or None])
    if not chosen:
        parser.error("--secrets: there is no station in it")
    try:
        result = uvloop.run(_run(options, chosen))
    except CannotRun as error:
        raise SystemExit(str(error)) from error
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
