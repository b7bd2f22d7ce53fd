"""A real browser on a running server; the chargers are our simulator's."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from pytest_asyncio import is_async_test

from stationmaster.app import App
from stationmaster.domain import accounts, organizations, stations, tokens
from stationmaster.settings import Settings
from stationmaster.simulator.clock import Clock
from stationmaster.simulator.station import Habits
from stationmaster.simulator.v16 import ChargePoint16
from tests import factories
from tests.conftest import connecting
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
# The shell first: it draws the same pages without a window around them, for half the work.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
# Headless, without the sandbox that root may not have, and without the calls home that a closed network refuses.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-background-timer-throttling",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
]
# Its router hears of what is pushed. A page that is shown already has no link that leads there.
FOLLOW = """(path) => {
  const there = document.querySelector("[data-testid=stream-state]") !== null;
  if (!there || path === location.pathname + location.search) return false;
  history.pushState(null, "", path);
  return true;
}"""
EMAIL, PASSWORD = "operator@example.com", "correct horse battery staple"

# Where there is no browser these tests are left out, and the summary says so. CI has one, or fails.
collect_ignore_glob = ["test_*.py"] if CHROMIUM is None and not os.environ.get("CI") else []

expect.set_options(timeout=PATIENCE_S * 1000)


# One loop for all tests here, so that all can use the one browser.
in_one_loop = pytest_asyncio.fixture(loop_scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if collect_ignore_glob:
        terminalreporter.write_line("The browser tests were left out: there is no Chromium here.", yellow=True)


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    """The pages as they are now. Takes a moment when their sources have changed; several runs wait for the first."""
    with (ROOT / "web" / "package.json").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        subprocess.run(["make", "--silent", "web"], cwd=ROOT, check=True)


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    """Free ports, and SQLite: a browser can't tell one database from the other."""
    return factories.settings(sqlite_url)


class Visitor:
    """A signed-in operator's page, and what went wrong on it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.troubles: list[str] = []
        self._refusals: list[int] = []
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("dialog", self._dialog)
        page.on("console", self._console)

    async def open(self, path: str) -> None:
        """As somebody gets there by a link. What is shown already is loaded anew, and so is all where the application is not there yet."""
        # A form that is still being sent asks whoever leaves the page.
        await expect(self.page.locator("form button[data-loading]")).to_have_count(0)
        if not await self.page.evaluate(FOLLOW, path):
            await self.load(path)

    async def load(self, path: str) -> None:
        """By its address, in a new document, as after a reload."""
        await self.page.goto(self.url + path)

    async def login(self, password: str = PASSWORD) -> None:
        await self.page.get_by_test_id("login-email").fill(EMAIL)
        await self.page.get_by_test_id("login-password").fill(password)
        await self.page.get_by_test_id("login-submit").click()

    def see(self, testid: str) -> Any:
        return self.page.get_by_test_id(testid)

    def will_be_refused(self, status: int) -> None:
        """The browser itself reports every refusal as an error; this test means one with this status."""
        self._refusals.append(status)

    async def _dialog(self, dialog: Any) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def _console(self, message: Any) -> None:
        # The first visit and a wrong password have a 401; a session where no tariff holds has no price.
        unpriced = "status of 409 " in message.text and message.location["url"].endswith("/price")
        if message.type != "error" or "401" in message.text or unpriced:
            return
        if meant := next((status for status in self._refusals if f"status of {status} " in message.text), None):
            self._refusals.remove(meant)
        else:
            self.troubles.append(f"console: {message.text} {message.location['url']}")


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the one browser of this process listens; every test has a context of its own in it, with no cookies."""
    folder = tmp_path_factory.mktemp("browser")
    found = folder / "DevToolsActivePort"
    command = [str(CHROMIUM), *ARGUMENTS, f"--user-data-dir={folder}", "about:blank"]
    # A session of its own: what is found by the name may be a script that begins the browser, and both have to end.
    none = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=none, stderr=none, start_new_session=True) as process:
        try:
            # The second line is written with the first: an address without it is not complete yet.
            while len(lines := found.read_text().splitlines() if found.exists() else []) < 2:
                assert process.poll() is None, "the browser ended"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{lines[0]}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def driven(chromium: str) -> AsyncIterator[Browser]:
    """The browser as Playwright drives it: a process of its own, which takes as long to start as a test takes."""
    async with async_playwright() as playwright:
        yield await playwright.chromium.connect_over_cdp(chromium)


@asynccontextmanager
async def browsing(driven: Browser) -> AsyncIterator[BrowserContext]:
    """A new, empty context of the browser, with one page. What moves only to please the eye stands still."""
    context = await driven.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    await context.new_page()
    yield context
    await context.close()


@in_one_loop
async def app(settings: Settings) -> AsyncIterator[App]:
    """A running Stationmaster, in the loop of the browser."""
    async with App(settings).running() as running:
        yield running


@in_one_loop
async def charger(app: App) -> AsyncIterator[Callable[..., object]]:
    async with connecting(app) as connect:
        yield connect


@in_one_loop
async def browser(driven: Browser) -> AsyncIterator[BrowserContext]:
    async with browsing(driven) as context:
        yield context


@in_one_loop
async def visitor(app: App, browser: BrowserContext) -> AsyncIterator[Visitor]:
    """Someone with an account and an empty page. Fails the test if a page had an error, a dialog or a breach of its policy."""
    await app.database.write(
        lambda work: accounts.add(work, organizations.home(work), email=EMAIL, password=PASSWORD, role="administrator")
    )
    visitor = Visitor(browser.pages[0], f"http://127.0.0.1:{app.web_port}")
    yield visitor
    assert visitor.troubles == []


@in_one_loop
async def stranger(visitor: Visitor) -> Visitor:
    """Someone on the login page."""
    await visitor.open("/chargers")
    return visitor


@in_one_loop
async def operator(visitor: Visitor) -> Visitor:
    """Someone who looks at the fleet, live. Logged in without the form: `stranger` is for what that page does."""
    login = {"email": EMAIL, "password": PASSWORD}
    answer = await visitor.page.request.post(f"{visitor.url}/api/v1/auth/login", data=login)
    assert answer.ok, await answer.text()
    await visitor.open("/chargers")
    await expect(visitor.see("stream-state")).to_have_text("Live")
    return visitor


@in_one_loop
async def simulated(app: App) -> AsyncIterator[Callable[..., Any]]:
    """`await simulated("CP1")`: a registered, connected and booted simulated charger. TAG1 may charge."""
    running: list[ChargePoint16] = []
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="TAG1", label="Ida")

    async def start(identity: str, secret: str | None = None) -> ChargePoint16:
        if secret is None:
            _, secret = await app.database.write(stations.create, home, app.keys, identity=identity)
        while app.directory.find(identity) is None:
            await asyncio.sleep(0.001)
        charger = ChargePoint16(
            identity,
            f"ws://127.0.0.1:{app.gateway_port}/ocpp",
            password=secret,
            clock=Clock(jumps=True),
            habits=Habits(call_timeout_s=10, reconnect_s=0.01, reconnect_max_s=0.05),
        )
        await charger.__aenter__()
        running.append(charger)
        await charger.settled()
        return charger

    yield start
    for charger in running:
        await charger.close()
