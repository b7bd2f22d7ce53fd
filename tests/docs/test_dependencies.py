"""API-29: what is installed is pinned with its hash, can be listed, and is held against the vulnerabilities that are known."""

from __future__ import annotations

import asyncio
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.docs.references import ROOT

UV = Path(sys.executable).with_name("uv")
LOCK: dict[str, Any] = tomllib.loads((ROOT / "uv.lock").read_text())
PINNED = {each["name"]: each["version"] for each in LOCK["package"] if "registry" in each["source"]}


def test_API_29_every_package_is_pinned_with_its_hash() -> None:
    assert {each["name"] for each in LOCK["package"]} - PINNED.keys() == {"stationmaster"}
    for each in LOCK["package"]:
        files = [*each.get("wheels", []), *([each["sdist"]] if "sdist" in each else [])]
        assert files or each["name"] == "stationmaster", each["name"]
        assert all(file["hash"].startswith("sha256:") for file in files), each["name"]
    web = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    fetched = {name: each for name, each in web.items() if "node_modules/" in name and not each.get("link")}
    assert {name for name, each in fetched.items() if not each.get("integrity", "").startswith("sha512-")} == set()
    assert len(fetched) > 100


async def run(*command: str | Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={"UV": str(UV)}
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_API_29_what_is_installed_can_be_listed() -> None:
    code, said = await run(UV, "export", "--frozen", "--no-dev", "--quiet", "--format", "cyclonedx1.5")
    assert code == 0, said
    listed = {(each["name"], each["version"]) for each in json.loads(said)["components"]}
    assert listed <= PINNED.items()
    assert {"litestar", "sqlalchemy", "psycopg"} <= {name for name, _ in listed}


@pytest.mark.parametrize("vulnerable", [None, "msgspec"])
async def test_API_29_a_package_that_is_known_to_be_vulnerable_fails_the_audit(vulnerable: str | None) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As osv.dev: of each package the names of what is known, and of a name all of it."""
        while await reader.readline():
            length = 0
            while (header := (await reader.readline()).decode().lower().strip()) != "":
                name, _, value = header.partition(":")
                length = int(value) if name == "content-length" else length
            asked = json.loads(await reader.readexactly(length)) if length else {}
            known = {"id": "CANARY-1", "modified": "2026-01-01T00:00:00Z"}
            whole = known | {"summary": "sings no more", "affected": []}
            of_each = [
                {"vulns": [known]} if each["package"]["name"] == vulnerable else {} for each in asked.get("queries", [])
            ]
            body = json.dumps({"results": of_each} if asked else whole).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        code, said = await run(ROOT / ".ci/audit", "--service-url", f"http://127.0.0.1:{port}/")
    assert (code != 0, "CANARY-1" in said) == (vulnerable is not None,) * 2, said
