"""Providers of payments: one file for each, named as the provider is. `provider.py` is what they all have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from stationmaster.outside.payments.provider import Provider


class Account(NamedTuple):
    """An account with a provider. `name` stands in addresses and in the books; `organization` is the name of whose it is, None: of the only one."""

    name: str
    organization: str | None
    provider: Provider


class Providers:
    """All accounts of this installation, by their names."""

    def __init__(self, accounts: Iterable[Account] = ()) -> None:
        self._named = {account.name: account for account in accounts}

    def __iter__(self) -> Iterator[Account]:
        return iter(self._named.values())

    def get(self, name: str) -> Account | None:
        return self._named.get(name)

    async def close(self) -> None:
        for account in self:
            await account.provider.close()
