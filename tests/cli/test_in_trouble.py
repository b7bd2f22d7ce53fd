"""What a person is told when the server cannot work, and what does not keep it from working: one line, nothing half done."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.charger import Charger
from tests.cli.terminal import run
from tests.forked import Forked


def test_O_05_O5_a_database_that_cannot_be_used_is_one_line_for_every_command(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "stationmaster.db").write_text("a letter to grandmother")
    away = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    for environment, said in ((away, "the database cannot be used: "), ({}, "data/stationmaster.db is not an SQLite")):
        for command in (["migrate"], ["station", "add", "CP1"], ["serve"]):
            told = run(tmp_path, *command, STATIONMASTER_DATABASE__WAIT_S="0", LOG_LEVEL="error", **environment)
            assert told.returncode == 1, told
            assert told.stderr.startswith(f"stationmaster: database.url: {said}"), told.stderr
            assert told.stderr.count("\n") == 1, told.stderr
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["stationmaster.db"]  # no key was made either


def test_A11_a_lost_key_is_not_replaced_in_silence(tmp_path: Path) -> None:
    assert run(tmp_path, "station", "add", "CP1").returncode == 0
    key = tmp_path / "data" / "secret.key"
    kept = key.read_bytes()
    key.unlink()
    for command in (["serve"], ["station", "add", "CP2"]):
        told = run(tmp_path, *command, LOG_LEVEL="warning")
        assert told.returncode != 0
        assert told.stderr.startswith("stationmaster: security.key_file: data/secret.key is missing"), told.stderr
        assert "--new-key" in told.stderr and told.stderr.count("\n") == 1
        assert not key.exists()
    key.write_bytes(b"quite another key, of another installation 123")
    told = run(tmp_path, "serve", LOG_LEVEL="warning")
    assert told.stderr.startswith("stationmaster: security.key_file: data/secret.key is another one")
    told = run(
        tmp_path, "serve", LOG_LEVEL="warning", STATIONMASTER_SECURITY__KEY="a third key that nobody knew 0123456789"
    )
    assert told.stderr.startswith("stationmaster: security.key is another one")
    key.write_bytes(kept)
    assert run(tmp_path, "station", "add", "CP2").returncode == 0
    with serving(tmp_path):
        pass


def test_A11_a_key_is_replaced_when_one_says_so_or_when_no_charger_is_there(tmp_path: Path) -> None:
    assert run(tmp_path, "user", "add", "a@example.org", "--password", "a long password").returncode == 0
    key = tmp_path / "data" / "secret.key"
    key.unlink()
    assert run(tmp_path, "station", "add", "CP1").returncode == 0
    key.unlink()
    with serving(tmp_path, "--new-key"):
        assert key.stat().st_mode & 0o777 == 0o600
    with serving(tmp_path):
        pass


def test_O_06_L11_a_second_server_does_not_start_and_other_commands_do(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, _):
        told = run(tmp_path, "serve", LOG_LEVEL="warning", **FREE_PORTS)
        assert told.returncode == 1
        assert told.stderr.startswith(
            f"stationmaster: database.url: another server (process {process.pid}) is at work on"
        )
        assert told.stderr.count("\n") == 1
        assert run(tmp_path, "station", "add", "CP1").returncode == 0
        process.kill()
        process.wait()
        with serving(tmp_path):
            pass


@pytest.mark.parametrize("log", ["full disk", "reader gone", "reader asleep", "closed"])
def test_A1_a_log_that_cannot_be_written_is_no_reason_not_to_work(tmp_path: Path, log: str) -> None:
    assert run(tmp_path, "station", "add", "CP1", "--secret", "0123456789abcdef").returncode == 0
    reader, writer = os.pipe()
    if log == "full disk":
        os.close(writer)
        writer = os.open("/dev/full", os.O_WRONLY)
    elif log == "reader gone":
        os.close(reader)
        reader = -1
    elif log == "reader asleep":
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b"x" * 4096)
        os.set_blocking(writer, True)
    try:
        with serving(tmp_path, log=writer, log_closed=log == "closed") as (_, ports):
            asyncio.run(_charge(ports["chargers"]))
            with urllib.request.urlopen(f"http://127.0.0.1:{ports['web']}/health", timeout=10) as answer:
                assert answer.status == 200
    finally:
        os.close(writer)
        if reader >= 0:
            os.close(reader)


async def _charge(port: int) -> None:
    for _ in range(3):
        cp = await Charger.connect(port, "CP1", "0123456789abcdef")
        await cp.boot()
        assert "currentTime" in await cp.call("Heartbeat")
        await cp.send([2, "odd", "NoSuchAction", {}])  # is logged
        assert (await cp.receive())[0] == 4
        await cp.close()


FREE_PORTS = {"STATIONMASTER_WEB__PORT": "0", "STATIONMASTER_GATEWAY__PORT": "0"}


@contextlib.contextmanager
def serving(
    folder: Path, *arguments: str, log: int | None = None, log_closed: bool = False
) -> Iterator[tuple[Forked, dict[str, int]]]:
    """The server, ready; yields its ports. It logs to a file, to an open descriptor, or has nowhere to log to."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STATIONMASTER_")}
    reader, writer = os.pipe()
    environment = clean | FREE_PORTS | {"LOG_LEVEL": "info"}
    stderr = None if log_closed else folder / ".log" if log is None else log
    process = Forked("serve", *arguments, env=environment, stdout=writer, stderr=stderr, cwd=folder)
    os.close(writer)
    try:
        ports = {}
        with os.fdopen(reader) as said:
            for name in ("web", "chargers"):
                line = said.readline()
                assert line.lower().startswith(name), (line, *(each.read_text() for each in folder.glob(".log")))
                found = re.search(r":(\d+)", line)
                assert found is not None
                ports[name] = int(found[1])
            yield process, ports
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
