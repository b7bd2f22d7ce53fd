"""The tour names the files and functions that a message and a command really go through, in their order."""

from __future__ import annotations

import re

from stationmaster.domain import commands
from stationmaster.handlers import v16
from tests.docs import references

TOUR = (references.ROOT / "docs" / "tour.md").read_text()


def test_every_step_names_a_function_that_exists() -> None:
    steps = re.findall(r"^\d+\. (.*?)(?=^\d+\. |^$)", TOUR, flags=re.MULTILINE | re.DOTALL)
    assert len(steps) >= 25
    for step in steps:
        assert re.search(r"`[\w/]+\.py::\w", step), f"this step names no function: {step}"
        assert references.problems(step) == []


def test_the_tour_passes_through_the_functions_that_are_registered() -> None:
    handler = v16.routes.handlers["StartTransaction"]
    sender = v16.routes.senders[commands.RemoteStart]
    for function in (handler, sender):
        path = function.__module__.removeprefix("stationmaster.").replace(".", "/")
        assert f"`{path}.py::{function.__qualname__}`" in TOUR
