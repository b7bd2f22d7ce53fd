"""The bank for practice inside of this server, for a demo: the provider of `test.py`, and where no address is set, the bank of `test_bank.py` behind it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from stationmaster.outside.http import Failed, Http, Refused
from stationmaster.outside.payments import Providers
from stationmaster.outside.payments.test import Practice
from stationmaster.outside.payments.test_bank import Bank, serving

_NETWORKS = [ip_network("0.0.0.0/0"), ip_network("::/0")]  # it is our own server


def made(name: str, *, url: str | None, secret: str | None) -> Practice:
    """An account; without an address its bank runs in here (`run_all`), and is away until then."""
    http = Http(_NETWORKS)
    return Practice(http, url=url or "", secret=secret or secrets.token_hex(16), page=f"/test-bank/{name}/")


def run_all(providers: Providers, clock: Callable[[], datetime], web: str) -> Iterator[Coroutine[Any, Any, None]]:
    """The banks that run in here, each for ever. `web` is where their webhooks go."""
    for account in providers:
        if isinstance(account.provider, Practice) and not account.provider.url:
            yield _run(account.name, account.provider, clock, web)


async def _run(name: str, provider: Practice, clock: Callable[[], datetime], web: str) -> None:
    http = Http(_NETWORKS)

    async def post(body: bytes, headers: dict[str, str]) -> bool:
        try:
            return (await http.post(f"{web}/api/v1/payments/webhooks/{name}", body, headers)).fine
        except (Failed, Refused):
            return False

    bank = Bank(clock, secret=provider.secret, post=post)
    async with serving(bank) as port:
        provider.url = f"http://127.0.0.1:{port}"
        await bank.run()
