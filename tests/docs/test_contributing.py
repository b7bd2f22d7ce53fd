"""What CONTRIBUTING.md says of the arrows is what is held, and they hold."""

from __future__ import annotations

import re
import textwrap
import types
from typing import Any

import pytest
from importlinter import cli

from stationmaster.domain.commands import Answer, Command
from stationmaster.domain.deliveries import delivery_of
from stationmaster.domain.events import SessionEnded
from stationmaster.domain.signatures import events_of
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.outside import Outside
from stationmaster.settings import Webhooks
from stationmaster.storage import Work
from tests.docs import references

local_list = Routes(V16)
TEXT = (references.ROOT / "CONTRIBUTING.md").read_text()
PACKAGE = references.ROOT / "stationmaster"


def test_the_arrows_hold() -> None:
    assert cli.lint_imports(str(references.ROOT / "pyproject.toml"), no_cache=True, is_debug_mode=False) == 0


def test_the_table_of_arrows_names_every_package() -> None:
    first_cells = re.findall(r"^\| (`.*?) \|", TEXT, flags=re.MULTILINE)
    named = {package for cell in first_cells for package in re.findall(r"`(\w+)`", cell)}
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert named | {"cli", "__main__", "__init__"} == there


def blocks_of(section: str, language: str = "python") -> list[str]:
    """The code of a section."""
    text = TEXT.partition(f"## Add a {section}\n")[2].partition("\n## ")[0]
    return [textwrap.dedent(block) for block in re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)]


@pytest.mark.parametrize(
    "section", ["message", "command", "reaction", "delivery", "timer", "caller", "resource", "page"]
)
def test_each_thing_to_add_is_one_screen(section: str) -> None:
    text = TEXT.partition(f"## Add a {section}\n")[2].partition("\n## ")[0]
    assert 4 <= len(text.splitlines()) <= 60


def test_what_is_shown_of_a_file_stands_in_it() -> None:
    """A piece of code whose first line names a file is that file's."""
    shown = re.findall(r"```python\n *# ([\w/]+\.py)\n(.*?)```", TEXT, flags=re.DOTALL)
    assert {path for path, _ in shown} >= {"handlers/v16/security.py", "background/chores.py"}
    for path, code in shown:
        assert textwrap.dedent(code).strip().removesuffix(": ...") in (PACKAGE / path).read_text(), path


def test_the_page_that_is_shown_there_is_one() -> None:
    [code] = blocks_of("page", "tsx")
    route = references.ROOT / "web/operator/src/features/firmware/routes/firmware.tsx"
    assert code.strip() in route.read_text()


def test_the_reaction_the_delivery_and_the_step_before_a_message_are_taken_as_they_are_written() -> None:
    names: dict[str, Any] = {"Work": Work, "SessionEnded": SessionEnded, "Mails": Webhooks, "body_of": repr}
    names |= {"Outside": Outside, "Station": Station, "v16": v16, "core": Routes(V16), "Permit": Answer}
    names |= {
        "reacts": events_of,
        "delivers": lambda **how: lambda function: delivery_of(function, **how),
    }
    exec(blocks_of("reaction")[0], names)
    assert names["write_receipt"] == (SessionEnded,)
    mail, step = blocks_of("delivery")
    exec(mail, names)
    assert (names["mail"].events, names["mail"].timeout_s) == ((SessionEnded,), 10)
    exec(step, names)
    names["core"].check()
    assert names["core"].preparations["Authorize"].timeout_s == 5


def test_the_command_that_is_added_there_works_as_it_is_written() -> None:
    blocks = blocks_of("command")
    names: dict[str, Any] = {"Answer": Answer, "Command": Command, "Station": Station, "Work": Work}
    names |= {"v16": v16, "local_list": local_list}
    exec(blocks[0], names)
    kind = names["GetLocalListVersion"]
    names["commands"] = types.SimpleNamespace(GetLocalListVersion=kind)
    exec(blocks[1], names)
    local_list.check()
    request = local_list.senders[kind](None, None, kind())  # type: ignore[arg-type]
    assert isinstance(request, v16.GetLocalListVersion)
    response = v16.GetLocalListVersionResponse(list_version=7)
    answer = local_list.answerer(kind, request.action)(None, None, kind(), request, response)  # type: ignore[arg-type]
    assert (answer.status, answer.data) == ("accepted", {"version": 7})
