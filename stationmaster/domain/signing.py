"""A unit of work in somebody's name: what it changes is in the audit log, and what is not theirs is not there."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
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
        result = limited(work, signature, f, *args, **kwargs)
        if not work.recorded and signature.fallback is not None:
            action, subject, after = signature.fallback()
            audit.record(work, action, subject, after=after)
        return result
    finally:
        work.signature = None


def limited(
    work: Work, signature: Signature, f: Callable[Concatenate[Work, P], T], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run `f(work, …)` within the organization and the scope of somebody."""
    if signature.sites is not None:
        work.narrow = functools.partial(scopes.narrowed, allowed=signature.sites)
    wall: AbstractContextManager[None] = contextlib.nullcontext()
    if signature.organization is not None and signature.confined:
        wall = work.within(signature.organization)
    try:
        with wall:
            return f(work, *args, **kwargs)
    finally:
        work.narrow = None
