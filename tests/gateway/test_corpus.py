"""RPC-20, FI-09 in small: ten thousand frames as nobody should send them, over a hundred sockets, beside honest chargers.

The seeds are fixed, so a frame that once did harm comes back in every run; a failure names its seed and number.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
import structlog

from stationmaster.domain import sites, stations
from stationmaster.gateway.session import LIMITS
from stationmaster.ocpp import frames
from stationmaster.ocpp.dialects import V16
from stationmaster.ocpp.errors import Defect, OcppError
from tests.gateway.conftest import connected, settled
from tests.gateway.raw import CLOSE, TEXT, Raw, request
from tests.gateway.test_defects import check_error
from tests.ocpp import corpus

SEEDS = range(1600, 1700)  # one for each socket
FRAMES = 100  # for each socket
HONEST = 10
BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
UNHANDLED = {"SignCertificate"}  # a charger may send it, and nobody here takes it yet


def expected(data: bytes) -> list[Any] | None:
    """Type and id of 1.6's answer, and the code of an error; None for what is ignored. The oracle is the pure reader."""
    if not data.strip():
        return None
    try:
        frame = frames.read(data.replace(b"\\u0000", b"\\ufffd"))
    except OcppError as error:
        return [4, error.message_id, V16.error_code(error.defect)] if error.answerable else None
    if not isinstance(frame, frames.Call):
        return None
    try:
        if frame.action not in V16.requests:
            raise OcppError(Defect.UNKNOWN_ACTION)
        if frame.action not in V16.from_station or frame.action in UNHANDLED:
            raise OcppError(Defect.NOT_SUPPORTED)
        V16.decode_request(frame.action, frame.payload)
    except OcppError as error:
        return [4, frame.id, V16.error_code(error.defect)]
    return [3, frame.id]


class Corpus:
    """A charger that sends the corpus: it connects, and once more whenever a rule has closed its socket."""

    def __init__(self, port: int, name: str, secret: str) -> None:
        self.port = port
        self.login = request(f"/ocpp/{name}", user=name, secret=secret)

    async def connect(self) -> Raw:
        one = await Raw.open(self.port, self.login)
        assert (await one.exchange([2, "boot", "BootNotification", BOOT]))[2]["status"] == "Accepted"
        return one

    async def send_all(self, seed: int) -> int:
        """Send a seed's frames, each followed by a Heartbeat; returns how many were answered. Every answer is checked."""
        answered = 0
        one = await self.connect()
        try:
            for number, data in enumerate(corpus.frames("ocpp1.6", seed, FRAMES)):
                where = f"seed {seed}, frame {number}: {data[:300]!r}"
                one.send(data)
                if len(data) > LIMITS["1.6"]:
                    assert await one.close_code() == 1009, where
                    await one.close()
                    one = await self.connect()
                    continue
                one.send(f'[2,"after-{number}","Heartbeat",{{}}]')
                answers = []
                while (answer := await self._next(one, where))[1] != f"after-{number}":
                    answers.append(answer)
                assert answer[0] == 3, where
                due = expected(data)
                assert len(answers) == (due is not None), where
                for answer in answers:
                    assert due is not None and answer[: len(due)] == due, f"{where}: {answer} instead of {due}"
                    if answer[0] == 4:
                        check_error(answer, data)
                answered += len(answers)
        finally:
            await one.close()
        return answered

    async def beat(self, done: asyncio.Event) -> int:
        """As an honest charger: each heartbeat is answered, on the one socket it has, whatever the others do."""
        count = 0
        one = await self.connect()
        try:
            while not done.is_set():
                count += 1
                assert (await one.exchange([2, f"beat-{count}", "Heartbeat", {}]))[:2] == [3, f"beat-{count}"]
                await asyncio.sleep(0.02)
        finally:
            await one.close()
        return count

    async def _next(self, one: Raw, where: str) -> Any:
        kind = CLOSE
        while kind != TEXT:
            kind, payload = await one.read(20)
            assert kind != CLOSE, f"closed with {int.from_bytes(payload[:2], 'big')} by {where}"
        return json.loads(payload)


@pytest.mark.gateway(burst=1_000_000)
async def test_RPC_20_ten_thousand_bad_frames_harm_nobody(app: Any, caplog: pytest.LogCaptureFixture) -> None:
    bad = [f"BAD{seed}" for seed in SEEDS]
    good = [f"GOOD{number}" for number in range(HONEST)]
    home = await app.database.write(sites.home)

    def register(work: Any) -> list[Corpus]:
        made = ((name, stations.create(work, home, app.keys, identity=name)[1]) for name in bad + good)
        return [Corpus(app.gateway_port, name, secret) for name, secret in made]

    chargers = await app.database.write(register)
    await settled(app.database)
    unhandled: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: unhandled.append(context))

    done = asyncio.Event()
    with structlog.testing.capture_logs() as logged, caplog.at_level(logging.WARNING):
        async with asyncio.TaskGroup() as group:
            beating = [group.create_task(one.beat(done)) for one in chargers[len(bad) :]]
            sending = [
                group.create_task(one.send_all(seed)) for one, seed in zip(chargers[: len(bad)], SEEDS, strict=True)
            ]
            answered = sum([await task for task in sending])
            assert set(good) <= connected(app)
            done.set()
        await settled(app.database)
    assert all(task.result() > 0 for task in beating)
    assert len(SEEDS) * FRAMES == 10_000
    assert answered > 7_000
    assert unhandled == []
    assert [line for line in logged if line["log_level"] in ("warning", "error", "critical")] == []
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
