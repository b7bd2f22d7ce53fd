"""The database as routes are given it: in the name of the caller."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from stationmaster.domain import signing
from stationmaster.domain.audit import Signature
from stationmaster.storage import Work
from stationmaster.storage.clocks import Clocks

P = ParamSpec("P")
T = TypeVar("T")


class Store(Protocol):
    """What a route needs of the database (`storage/database.py::Database`)."""

    kind: str
    clock: Callable[[], datetime]
    clocks: Clocks

    @property
    def available(self) -> bool: ...

    async def read(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def write(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def write_apart(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def write_aside(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T: ...


class SignedStore:
    """The database in the name of one caller: what they change is in the audit log, what is not theirs is not there.

    Routes are given nothing else, so that none can forget it.
    """

    def __init__(self, store: Store, signature: Signature) -> None:
        self.kind = store.kind
        self.clock = store.clock
        self.clocks = store.clocks
        self._store = store
        self._signature = signature

    @property
    def available(self) -> bool:
        return self._store.available

    async def read(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._store.read(signing.limited, self._signature, f, *args, **kwargs)

    async def write(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._store.write(signing.signed, self._signature, f, *args, **kwargs)

    async def write_apart(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._store.write_apart(signing.signed, self._signature, f, *args, **kwargs)

    async def write_aside(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._store.write_aside(signing.signed, self._signature, f, *args, **kwargs)
