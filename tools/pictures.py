"""`make pictures`: every page of the demo, in both themes and four widths, as PNG in dist/pictures; `ARGS=--guide` draws those of the manual anew.

The demo runs in a folder of its own on free ports, and is stopped again. Where a page needs an id, it is that of the first there is.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "dist" / "pictures"
GUIDE = ROOT / "docs" / "assets" / "guide"
WIDTHS = (390, 820, 1280, 1440)
THEMES = ("light", "dark")
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
expect.set_options(timeout=30_000)
STARTED_S = 180  # a first start makes the history of a month
LIVED_S = 45  # so that chargers have something to show
MOST_BYTES, ALL_BYTES = 60_000, 1_500_000  # of one picture of the manual, and of all

CHOSEN = {
    "home": "/",
    "map": "/map",
    "chargers": "/chargers",
    "charger": "/chargers/STATION",
    "sites": "/sites",
    "site": "/sites/SITE",
    "sessions": "/sessions",
    "session": "/sessions/SESSION",
    "tariff": "/tariffs/TARIFF",
    "customer": "/customers/CUSTOMER",
    "cards": "/cards",
    "payments": "/payments",
    "invoices": "/invoices",
    "alerts": "/alerts",
    "alert-rules": "/alert-rules",
    "analytics": "/analytics",
    "reports": "/reports",
    "users": "/users",
    "organization": "/organization",
    "audit": "/audit",
}
"""The pictures of the manual, as wide as a desktop; what drivers see is as wide as a phone."""
_LISTS = {
    "STATION": ("stations", "chargers"),
    "SITE": ("sites", "sites"),
    "SESSION": ("sessions?status=completed", "sessions"),
    "TARIFF": ("tariffs", "tariffs"),
    "CUSTOMER": ("customers", "customers"),
    "ALERT": ("alerts", "alerts"),
}
"""What a page of one thing shows: where its ids are listed, and the address it has."""


class Demo(NamedTuple):
    """Where it is, who may log in, and the page of a guest."""

    url: str
    email: str
    password: str
    pay: str
    ids: dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guide", action="store_true", help="those of the manual only, into docs/assets/guide")
    asked = parser.parse_args()
    with demo() as running:
        asyncio.run(_draw(running, guide=asked.guide))


def addresses() -> list[str]:
    """Every page there is; the word in place of an id is one of `_LISTS`."""
    files = sorted((ROOT / "web/operator/src/features").glob("*/routes/*.tsx"))
    words = {address: word for word, (_, address) in _LISTS.items()}
    found = []
    for file in files:
        path = file.stem.replace(".", "/").removesuffix("index").removesuffix("/")
        found.append("/" + path.replace("$id", words.get(path.partition("/")[0], "")))
    return found


@contextmanager
def demo() -> Iterator[Demo]:
    """The demo, until the pictures are made."""
    with tempfile.TemporaryDirectory() as folder:
        web, chargers = _free_port(), _free_port()
        ports = {"STATIONMASTER_WEB__PORT": str(web), "STATIONMASTER_GATEWAY__PORT": str(chargers)}
        log = Path(folder) / "log"
        command = [str(Path(sys.executable).with_name("stationmaster")), "demo"]
        with log.open("w") as told:
            process = subprocess.Popen(
                command, cwd=folder, env=os.environ | ports, stdout=told, stderr=told, start_new_session=True
            )
        try:
            yield _started(process, log, web)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(60)


def _started(process: subprocess.Popen[bytes], log: Path, web: int) -> Demo:
    until = time.monotonic() + STARTED_S
    while (found := re.search(r"Login: (\S+) (\S+)[\s\S]*?(/pay/\S+)", log.read_text())) is None:
        if process.poll() is not None or time.monotonic() > until:
            raise SystemExit(f"the demo has not started:\n{log.read_text()}")
        time.sleep(0.2)
    time.sleep(LIVED_S)
    url = f"http://127.0.0.1:{web}"
    return Demo(url, found[1], found[2], found[3], _first_ids(url, found[1], found[2]))


def _first_ids(url: str, email: str, password: str) -> dict[str, str]:
    """By the words of `_LISTS`: of each kind the first that is listed."""
    with httpx.Client(base_url=f"{url}/api/v1") as client:
        answer = client.post("/auth/login", json={"email": email, "password": password}).raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        lists = {word: client.get(f"/{listed}").raise_for_status().json() for word, (listed, _) in _LISTS.items()}
    # Of chargers one that is connected: the first is the one that is away.
    shown = {word: [one for one in listed["items"] if one.get("connected", True)] for word, listed in lists.items()}
    return {word: items[0]["id"] for word, items in shown.items() if items}


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser that this machine has."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise SystemExit("there is no Chromium here")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def _draw(running: Demo, *, guide: bool) -> None:
    async with chromium() as browser:
        await (_manual if guide else _all)(browser, running)


async def _all(browser: Browser, running: Demo) -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    for width in WIDTHS:
        for theme in THEMES:
            async with signed_in(browser, running, width=width, theme=theme) as page:
                for path in [*addresses(), running.pay]:
                    picture = await _picture(page, running, path)
                    if picture is not None:
                        name = path.strip("/").replace("/", "-") or "home"
                        (OUT / f"{name if path != running.pay else 'pay'}-{width}-{theme}.png").write_bytes(picture)
    print(f"{len(list(OUT.iterdir()))} pictures in {OUT.relative_to(ROOT)}")


async def _manual(browser: Browser, running: Demo) -> None:
    GUIDE.mkdir(parents=True, exist_ok=True)
    for kept in GUIDE.glob("*.webp"):
        kept.unlink()
    async with signed_in(browser, running, width=1280, theme="light", height=800) as page:
        for name, path in CHOSEN.items():
            _keep(name, await _picture(page, running, path), width=1000)
    async with signed_in(browser, running, width=390, theme="light", height=844) as page:
        _keep("pay", await _picture(page, running, running.pay), width=390)
        _keep("phone", await _picture(page, running, "/chargers"), width=390)
    size = sum(kept.stat().st_size for kept in GUIDE.iterdir())
    if size > ALL_BYTES:
        raise SystemExit(f"the pictures of the manual have {size} bytes, and may have {ALL_BYTES}")
    print(f"{len(list(GUIDE.iterdir()))} pictures in {GUIDE.relative_to(ROOT)}, {size} bytes")


def _keep(name: str, picture: bytes | None, *, width: int) -> None:
    if picture is None:
        raise SystemExit(f"{name}: there is nothing to show")
    drawn = Image.open(io.BytesIO(picture)).convert("RGB")
    drawn.thumbnail((width, 10 * width), Image.Resampling.LANCZOS)
    for quality in (82, 70, 55, 40, 25):
        drawn.save(GUIDE / f"{name}.webp", "WEBP", quality=quality, method=6)
        if (GUIDE / f"{name}.webp").stat().st_size <= MOST_BYTES:
            return
    raise SystemExit(f"{name}: more than {MOST_BYTES} bytes")


@asynccontextmanager
async def signed_in(
    browser: Browser, running: Demo, *, width: int, theme: str, height: int = 900
) -> AsyncIterator[Page]:
    """A page of somebody who is logged in."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        locale="en-GB",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    login = {"email": running.email, "password": running.password}
    answer = await page.request.post(f"{running.url}/api/v1/auth/login", data=login)
    assert answer.ok, await answer.text()
    yield page
    await context.close()


async def _picture(page: Page, running: Demo, path: str) -> bytes | None:
    """None where there is nothing of its kind."""
    for word in _LISTS:
        if word in path:
            if word not in running.ids:
                return None
            path = path.replace(word, running.ids[word])
    await page.goto(running.url + path)
    await page.wait_for_load_state("load")
    # What is fetched after the page is there; the stream of events never ends, so the network is never idle.
    await page.wait_for_timeout(1_000 if path != "/map" else 12_000)
    await expect(page.locator("#main .mantine-Loader-root")).to_have_count(0)
    await page.wait_for_timeout(500)
    return await page.screenshot()


if __name__ == "__main__":
    main()
