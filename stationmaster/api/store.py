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

Mark = Callable[[Work, object], None]
"""Told within each unit of work what it returns; what it raises undoes that unit."""


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

    Routes are given nothing else, so that none can forget it. `mark` is told of everything that is written for a request that is to be done once.
    """

    def __init__(self, store: Store, signature: Signature, mark: Mark | None = None) -> None:
        self.kind = store.kind
        self.clock = store.clock
        self.clocks = store.clocks
        self._store = store
        self._signature = signature
        self._mark = mark

    @property
    def available(self) -> bool:
        return self._store.available

    async def read(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._store.read(signing.limited, self._signature, f, *args, **kwargs)

    async def write(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._store.write(self._signed, f, *args, **kwargs)

    async def write_apart(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._store.write_apart(self._signed, f, *args, **kwargs)

    async def write_aside(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._store.write_aside(self._signed, f, *args, **kwargs)

    def _signed(self, work: Work, f: Callable[Concatenate[Work, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        result = signing.signed(work, self._signature, f, *args, **kwargs)
        if self._mark is not None:
            self._mark(work, result)
        return result
