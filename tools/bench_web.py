"""`make bench-web`: what the pages cost in a browser.

On the demo: the first load with a slow phone's processor and network, and how long it takes from one page to the next. On a server with 10,000 chargers
that tell of 500 things a second (640 messages): what the list of chargers takes of a core, and how long it takes until what a charger says is seen.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import httpx
from playwright.async_api import Browser, CDPSession, Page, expect

from tests.charger import Charger
from tools import pictures, running

SLOW_NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 200_000,
    "uploadThroughput": 100_000,
}  # 1.6 Mbit/s
SLOW_PROCESSOR = 4  # times
PAGES = ("Chargers", "Sites", "Sessions", "Customers", "Tariffs", "Cards", "Alerts", "Reports", "Users", "Home")
FRESH = "SEEN"  # the charger whose words are waited for

# From the click on to what is on the page: its head is another one, nothing waits, and it was painted.
_ROUTE = """async (name) => {
  const main = document.querySelector("#main");
  const head = () => main.querySelector("h1")?.textContent;
  const link = [...document.querySelectorAll("nav a")].find((one) => one.textContent.trim().startsWith(name));
  const before = head(), begun = performance.now();
  link.click();
  while (head() === before || head() === undefined || main.querySelector(".mantine-Loader-root, .mantine-Skeleton-root"))
    await new Promise((done) => requestAnimationFrame(done));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - begun;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chargers", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=640.0, help="messages a second of all chargers together")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the list is watched")
    parser.add_argument("--only", choices=["demo", "fleet"], help="the figures of the demo, or those of many chargers")
    asked = parser.parse_args()
    asyncio.run(_all(asked))


async def _all(asked: argparse.Namespace) -> None:
    async with pictures.chromium() as browser:
        if asked.only != "fleet":
            with pictures.demo() as demo:
                _tell(await _first_load(browser, demo))
                _tell(await _routes(browser, demo))
        if asked.only != "demo":
            _tell(await _fleet(browser, asked))


def _tell(rows: list[tuple[str, str, str]]) -> None:
    for about, seen, bar in rows:
        print(f"{about:<74} {seen:<28} {bar}", flush=True)


async def _first_load(browser: Browser, demo: pictures.Demo) -> list[tuple[str, str, str]]:
    """Of the login, and of Home for who is signed in; with nothing kept in the browser, a slow processor and a slow network."""
    login, home = [], []
    for _ in range(3):
        context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
        login.append(await _loaded(await context.new_page(), demo.url, _type))
        await context.close()
        async with pictures.signed_in(browser, demo, width=390, theme="light") as page:
            home.append(await _loaded(page, demo.url, _open_menu))
    slow = f"processor {SLOW_PROCESSOR} times as slow, 1.6 Mbit/s"
    return [
        ("first load: the login, compressed", f"{login[-1].code / 1000:,.0f} kB", "250 kB"),
        (f"  answers; {slow}", _spread([each.took for each in login], 1, "s"), "2 s"),
        ("Home of who is signed in: compressed", f"{home[-1].code / 1000:,.0f} kB", ""),
        (f"  answers; {slow}", _spread([each.took for each in home], 1, "s"), ""),
    ]


class _Loaded(NamedTuple):
    """What came of a first load: bytes without what the API was asked for, and seconds until something answers."""

    code: int
    took: float


async def _type(page: Page) -> None:
    await page.get_by_test_id("login-email").press_sequentially("a")


async def _open_menu(page: Page) -> None:
    await page.get_by_role("button", name="Account and appearance").click()
    await page.get_by_role("menu").wait_for()


async def _loaded(page: Page, url: str, use: Callable[[Page], Awaitable[None]]) -> _Loaded:
    wire = await page.context.new_cdp_session(page)
    sizes: dict[str, int] = {}
    kinds: dict[str, str] = {}
    wire.on("Network.responseReceived", lambda told: kinds.update({told["requestId"]: told["type"]}))
    wire.on("Network.loadingFinished", lambda told: sizes.update({told["requestId"]: int(told["encodedDataLength"])}))
    await wire.send("Network.enable")
    await wire.send("Network.emulateNetworkConditions", SLOW_NETWORK)
    await wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_PROCESSOR})
    begun = time.perf_counter()
    await page.goto(url + "/", wait_until="commit")
    await use(page)
    took = time.perf_counter() - begun
    code = sum(size for request, size in sizes.items() if kinds.get(request) != "Fetch")
    return _Loaded(code, took)


async def _routes(browser: Browser, demo: pictures.Demo) -> list[tuple[str, str, str]]:
    """Each page with its code to be fetched, and twice with it there."""
    async with pictures.signed_in(browser, demo, width=1280, theme="light") as page:
        await page.goto(demo.url + "/")
        await page.locator("#main h1").wait_for()
        await page.wait_for_timeout(2_000)
        rounds = [[float(await page.evaluate(_ROUTE, name)) for name in PAGES] for _ in range(3)]
    later = [took for each in rounds[1:] for took in each]
    return [
        (f"from one page to the next, {len(PAGES)} pages, first time", _spread(rounds[0], 0, "ms"), "200 ms"),
        ("  later", _spread(later, 0, "ms"), "200 ms"),
    ]


def _spread(took: list[float], decimals: int, unit: str) -> str:
    return f"{statistics.median(took):.{decimals}f} {unit} (at most {max(took):.{decimals}f})"


async def _fleet(browser: Browser, asked: argparse.Namespace) -> list[tuple[str, str, str]]:
    """The list of all chargers, while they tell of their sessions."""
    with tempfile.TemporaryDirectory() as name, running.database("sqlite", Path(name)) as url:
        folder = Path(name)
        identities = [f"LOAD-{number:05}" for number in range(asked.chargers)]
        secrets = await asyncio.to_thread(running.prepare, url, [*identities, FRESH])
        server = running.Server(url, folder)
        server.start()
        fresh = secrets.pop(FRESH)
        paced = {"mode": "paced", "rate": asked.rate, "seconds": 3600, "token": running.TAG}
        load = running.load(server.chargers, folder / "secrets.json", secrets, **paced)
        try:
            assert load.stdout is not None
            await asyncio.to_thread(load.stdout.readline)  # all are at work
            who = pictures.Demo(f"http://127.0.0.1:{server.web}", running.EMAIL, running.PASSWORD, "", {})
            async with pictures.signed_in(browser, who, width=1280, theme="light") as page:
                wire = await browser.new_browser_cdp_session()
                await page.goto(f"{who.url}/chargers")
                await page.locator("#main h1").wait_for()
                await page.wait_for_timeout(5_000)
                before, begun = await _cpu_s(wire), time.perf_counter()
                await page.wait_for_timeout(asked.seconds * 1_000)
                lasted = time.perf_counter() - begun
                share = (await _cpu_s(wire) - before) / lasted
                seen = await _seen(page, server, fresh)
                events = await _events_a_second(server, 10.0)
        finally:
            load.send_signal(signal.SIGTERM)
            load.wait(30)
            server.stop()
    about = f"{asked.chargers:,} chargers, {asked.rate:.0f} messages a second"
    return [
        (f"the list of chargers ({about}): of a core, browser and all", f"{share:.0%}", "30 %"),
        ("  live events that such a page gets", f"{events:,.0f} a second", ""),
        ("  until a status is seen", _spread(seen, 2, "s"), "1 s"),
    ]


async def _events_a_second(server: running.Server, seconds: float) -> float:
    """How many live events such a page gets, counted beside it."""
    login, counted = {"email": running.EMAIL, "password": running.PASSWORD}, 0
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.web}/api/v1", timeout=30) as client:
        answer = (await client.post("/auth/login", json=login)).raise_for_status()
        begun = time.perf_counter()
        signed_in = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        async with client.stream("GET", "/events", headers=signed_in) as stream:
            async for line in stream.aiter_lines():
                counted += line.startswith("data:")
                if time.perf_counter() - begun > seconds:
                    break
    return counted / seconds


async def _cpu_s(wire: CDPSession) -> float:
    """What all processes of the browser have used."""
    answer = await wire.send("SystemInfo.getProcessInfo")
    return sum(float(each["cpuTime"]) for each in answer["processInfo"])


async def _seen(page: Page, server: running.Server, secret: str) -> list[float]:
    """Seconds from a StatusNotification until the page shows it."""
    await page.get_by_role("searchbox").or_(page.get_by_placeholder("Search")).first.fill(FRESH)
    row = page.locator("#main tr", has_text=FRESH)
    charger = await Charger.connect(server.gateway, FRESH, secret)
    await charger.boot()
    took = []
    for status in ("Faulted", "Available") * 5:
        told = {"connectorId": 1, "status": status, "errorCode": "NoError", "timestamp": "2026-11-01T10:00:00Z"}
        begun = time.perf_counter()
        await charger.call("StatusNotification", told)
        await expect(row).to_contain_text(status)
        took.append(time.perf_counter() - begun)
    await charger.close()
    return took


if __name__ == "__main__":
    main()
