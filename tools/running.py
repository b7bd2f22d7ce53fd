"""A server in a process of its own, and databases to run it on: what the benchmark and the crash test share."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import insert, make_url

from stationmaster.domain import accounts, organizations, stations, tokens, versions
from stationmaster.domain.credentials import Keys
from stationmaster.storage import Database, Work, migrations
from tests import postgres
from tests.forked import Forked

KEY = secrets.token_urlsafe(48)
EMAIL, PASSWORD = "bench@example.org", secrets.token_urlsafe(12)
TAG = "BENCH"


@contextlib.contextmanager
def database(kind: str, folder: Path, *, kept: bool = False) -> Iterator[str]:
    """The URL of a fresh database of this kind; or, `kept`, of the one in this folder, which stays there."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/stationmaster.db"
    else:
        data = folder / "postgresql" if kept else None
        there = data is not None and data.exists()
        with postgres.server(data=data) as server:
            if there:
                yield make_url(server).set(database="stationmaster").render_as_string(hide_password=False)
            else:
                yield postgres.create(server, "stationmaster")


def prepare(url: str, identities: list[str], *, role: str = "administrator") -> dict[str, str]:
    """The schema, a user, a card and these chargers; returns the secret of each."""

    def fill(work: Work) -> dict[str, str]:
        keys, home, made = Keys(KEY.encode()), organizations.home(work), {}
        accounts.add(work, home, email=EMAIL, password=PASSWORD, role=role)
        tokens.add(work, home, uid=TAG)
        rows = []
        for identity in identities:
            made[identity], credential = keys.generated()
            rows.append(
                {
                    "organization_id": home,
                    "identity": identity,
                    "public_id": secrets.token_hex(8),
                    "secret_salt": credential.salt,
                    "secret_digest": credential.digest,
                    "changed_at": work.now,
                    **versions.first(work),
                }
            )
        work.execute(insert(stations.stations), rows)
        return made

    async def run() -> dict[str, str]:
        db = Database(url, lanes=1, readers=1, hold_s=600.0)
        migrations.upgrade(db.engine)
        db.start()
        try:
            return await db.write(fill)
        finally:
            await db.stop()

    return asyncio.run(run())


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def load(url: str, file: Path, secrets: Mapping[str, str], **options: object) -> subprocess.Popen[bytes]:
    """The load generator (`stationmaster/simulator/load.py`) with these options of its own, in a process of its own. The secrets go by this file."""
    file.touch(mode=0o600)
    file.write_text(json.dumps(secrets))
    command = [sys.executable, "-m", "stationmaster.simulator.load", "--url", url, "--secrets", str(file)]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


class Server:
    """`stationmaster serve`, started and killed as an operator's machine would; or, `forked`, without its imports."""

    def __init__(self, url: str, folder: Path, *, forked: bool = False, **settings: str) -> None:
        self.web, self.gateway = free_port(), free_port()
        self.log = folder / "server.log"
        self._environment = os.environ | {
            "STATIONMASTER_DATABASE__URL": url,
            "STATIONMASTER_WEB__PORT": str(self.web),
            "STATIONMASTER_GATEWAY__PORT": str(self.gateway),
            "STATIONMASTER_SECURITY__KEY": KEY,
            "LOG_LEVEL": "warning",
            **settings,
        }
        self._forked = forked
        self._process: subprocess.Popen[bytes] | Forked | None = None

    @property
    def chargers(self) -> str:
        return f"ws://127.0.0.1:{self.gateway}/ocpp"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> float:
        """Start it and wait until it answers; returns the seconds that took."""
        began = time.perf_counter()
        if self._forked:
            self._process = Forked("serve", env=self._environment, stdout=Path(os.devnull), stderr=self.log)
        else:
            command = [sys.executable, "-m", "stationmaster", "serve"]
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL, stderr=log)
        while time.perf_counter() - began < 60:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.web}/health", timeout=1).read()
                return time.perf_counter() - began
            time.sleep(0.01)
        self.kill()  # else it would run for ever: nobody who could stop it hears of it
        raise SystemExit(f"the server did not start; see {self.log}")

    def stop(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(40)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """As a power cut: nothing is finished, nothing is said."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def rss_kib(self) -> int:
        return self._status("VmRSS")

    def own_kib(self) -> int:
        """Without libraries, whose pages come as they are first used."""
        return self._status("RssAnon")

    def _status(self, name: str) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split(f"{name}:")[1].split()[0])

    def cpu_s(self) -> float:
        return cpu_s(self.pid)


def cpu_s(pid: int) -> float:
    """Seconds of a processor that a process of this machine has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
