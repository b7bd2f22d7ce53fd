"""RPC-20, FI-09: ten thousand frames of three versions as nobody should send them, over a hundred sockets, beside two hundred honest chargers.

The seeds are fixed, so a frame that once did harm comes back in every run; a failure names its seed and number. The server
is a process of its own, so that its memory and its log are its own as well.
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from stationmaster.gateway import reading
from stationmaster.ocpp import frames
from stationmaster.ocpp.dialects import DIALECTS, ONCE_ACCEPTED, V16, Dialect
from stationmaster.ocpp.errors import Defect, OcppError
from tests.gateway.raw import CLOSE, TEXT, Raw, request
from tests.gateway.test_defects import check_error
from tests.ocpp import corpus
from tools import running

SEEDS = range(1600, 1700)  # one for each socket
FRAMES = 100  # for each socket
HONEST = 200
FIRST = range(1700, 1730)  # what is made at the first use, for each of two hundred kinds of message, is no growth
PAUSE_S = 2.0  # between two heartbeats of an honest charger: together they send a hundred a second
GROWTH_KIB = 20 * 1024
BOOT: dict[str, Any] = {"chargePointVendor": "Acme", "chargePointModel": "One"}
BOOT_2: dict[str, Any] = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}}
SPOKEN = list(DIALECTS.values())


def expected(dialect: Dialect, data: bytes) -> list[Any] | None:
    """Type and id of the answer in this version, and the code of an error; None for what is ignored. The oracle is the pure reader."""
    if not data.strip():
        return None
    try:
        frame, _ = reading.read(data, strict=False)
    except OcppError as error:
        return [4, error.message_id, dialect.error_code(error.defect)] if error.answerable else None
    if not isinstance(frame, frames.Call):
        if dialect.answers_unknown_types and frame.id and frames.number_of(frame) not in dialect.frame_types:
            return [4, frame.id, dialect.error_code(Defect.MESSAGE_TYPE)]
        return None
    try:
        if frame.action not in dialect.requests:
            raise OcppError(Defect.UNKNOWN_ACTION)
        if frame.action not in dialect.from_station:
            raise OcppError(Defect.NOT_SUPPORTED)
        dialect.decode_request(frame.action, frame.payload)
    except OcppError as error:
        return [4, frame.id, dialect.error_code(error.defect)]
    return [3, frame.id]


class Corpus:
    """A charger that sends the corpus: it connects, and once more whenever a rule has closed its socket."""

    def __init__(self, port: int, name: str, secret: str, dialect: Dialect) -> None:
        self.port = port
        self.dialect = dialect
        self.login = request(f"/ocpp/{name}", offers=dialect.subprotocol, user=name, secret=secret)

    async def connect(self) -> Raw:
        one = await Raw.open(self.port, self.login)
        boot = BOOT if self.dialect is V16 else BOOT_2
        assert (await one.exchange([2, "boot", "BootNotification", boot]))[2]["status"] == "Accepted"
        return one

    async def send_all(self, seed: int) -> int:
        """Send a seed's frames, each followed by a Heartbeat; returns how many were answered. Every answer is checked."""
        answered = 0
        one = await self.connect()
        try:
            for number, data in enumerate(corpus.frames(self.dialect.subprotocol, seed, FRAMES)):
                where = f"{self.dialect.version}, seed {seed}, frame {number}: {data[:300]!r}"
                one.send(data)
                if len(data) > ONCE_ACCEPTED:
                    assert await one.close_code() == 1009, where
                    await one.close()
                    one = await self.connect()
                    continue
                one.send(f'[2,"after-{number}","Heartbeat",{{}}]')
                answers = []
                while (answer := await self._next(one, where))[1] != f"after-{number}":
                    if answer[0] != 2:  # we may ask about a transaction in doubt (TX-24)
                        answers.append(answer)
                assert answer[0] == 3, where
                due = expected(self.dialect, data)
                assert len(answers) == (due is not None), where
                for answer in answers:
                    assert due is not None and answer[: len(due)] == due, f"{where}: {answer} instead of {due}"
                    if answer[0] == 4:
                        check_error(answer, data)
                answered += len(answers)
        finally:
            await one.close()
        return answered

    async def beat(self, ready: asyncio.Barrier, done: asyncio.Event) -> list[float]:
        """As an honest charger: each heartbeat is answered, on the one socket it has, whatever the others do.

        Returns how long each answer took, in seconds.
        """
        took = []
        one = await self.connect()
        try:
            await ready.wait()
            while not done.is_set():
                began = time.perf_counter()
                beat = f"beat-{len(took)}"
                assert (await one.exchange([2, beat, "Heartbeat", {}]))[:2] == [3, beat]
                took.append(time.perf_counter() - began)
                await asyncio.sleep(PAUSE_S)
        finally:
            await one.close()
        return took

    async def _next(self, one: Raw, where: str) -> Any:
        kind = CLOSE
        while kind != TEXT:
            kind, payload = await one.read(20)
            assert kind != CLOSE, f"closed with {int.from_bytes(payload[:2], 'big')} by {where}"
        return json.loads(payload)


@pytest.mark.any_database
async def test_RPC_20_FI_09_ten_thousand_bad_frames_harm_nobody(database_url: str, tmp_path: Path) -> None:
    bad = [f"BAD{seed}" for seed in (*FIRST, *SEEDS)]
    good = [f"GOOD{number}" for number in range(HONEST)]
    secrets = await asyncio.to_thread(running.prepare, database_url, bad + good)
    server = running.Server(database_url, tmp_path, forked=True, STATIONMASTER_GATEWAY__BURST="1000000")
    await asyncio.to_thread(server.start)
    ready, done = asyncio.Barrier(HONEST + 1), asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            honest = [Corpus(server.gateway, name, secrets[name], SPOKEN[n % 3]) for n, name in enumerate(good)]
            beating = [group.create_task(one.beat(ready, done)) for one in honest]
            await ready.wait()
            chargers = [Corpus(server.gateway, name, secrets[name], SPOKEN[n % 3]) for n, name in enumerate(bad)]
            await asyncio.gather(*(one.send_all(seed) for one, seed in zip(chargers[: len(FIRST)], FIRST, strict=True)))
            before_kib = server.own_kib()
            sending = [
                group.create_task(one.send_all(seed)) for one, seed in zip(chargers[len(FIRST) :], SEEDS, strict=True)
            ]
            answered = sum([await task for task in sending])
            # Memory that was freed goes back with the next sweeps.
            grown_kib, patience = server.own_kib() - before_kib, time.monotonic() + 10
            while grown_kib > GROWTH_KIB and time.monotonic() < patience:
                await asyncio.sleep(0.5)
                grown_kib = server.own_kib() - before_kib
            done.set()
    finally:
        await asyncio.to_thread(server.stop)
    took = sorted(one for task in beating for one in task.result())
    print(f"{len(took)} heartbeats, p99 {took[len(took) * 99 // 100] * 1000:.0f} ms; memory +{grown_kib} KiB")  # noqa: T201
    assert all(task.result() for task in beating)
    assert len(SEEDS) * FRAMES == 10_000
    assert answered > 7_000
    assert grown_kib <= GROWTH_KIB
    # No warning, no error, nothing unhandled; but that a charger of 2.1 could not use our answer is worth a line.
    assert [line for line in server.log.read_text().splitlines() if "answer.refused" not in line] == []
