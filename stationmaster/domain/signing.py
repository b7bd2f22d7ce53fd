"""A unit of work in somebody's name: what it changes is in the audit log, and what is not theirs is not there."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Concatenate, ParamSpec, TypeVar

from stationmaster.domain import audit, scopes
from stationmaster.domain.audit import Signature
from stationmaster.storage import Work

P = ParamSpec("P")
T = TypeVar("T")


def signed(
    work: Work, signature: Signature, f: Callable[Concatenate[Work, P], T], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run `f(work, …)` in the name of somebody. What it does without saying so is recorded as the edge describes it."""
    work.signature, work.recorded = signature, False
    try:
        with _limits(work, signature):
            result = f(work, *args, **kwargs)
        if not work.recorded and signature.fallback is not None:
            action, subject, after = signature.fallback()
            audit.record(work, action, subject, after=after)
        return result
    finally:
        work.signature = None


def limited(
    work: Work, signature: Signature, f: Callable[Concatenate[Work, P], T], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run `f(work, …)` within the organization and the scope of somebody. It is all that its transaction does."""
    with _limits(work, signature, to_the_end=True):
        return f(work, *args, **kwargs)


@contextlib.contextmanager
def _limits(work: Work, signature: Signature, *, to_the_end: bool = False) -> Iterator[None]:
    if signature.sites is not None:
        work.narrow = functools.partial(scopes.narrowed, allowed=signature.sites)
    wall: AbstractContextManager[None] = contextlib.nullcontext()
    if signature.organization is not None and signature.confined:
        wall = work.within(signature.organization, to_the_end=to_the_end)
    try:
        with wall:
            yield
    finally:
        work.narrow = None
