"""What CONTRIBUTING.md says of the arrows is what is held, and they hold."""

from __future__ import annotations

import re
import textwrap
import types
from typing import Any

from importlinter import cli

from stationmaster.domain.commands import Answer, Command
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
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


def test_the_command_that_is_added_there_works_as_it_is_written() -> None:
    section = TEXT.partition("## Add a command")[2].partition("\n## ")[0]
    blocks = [textwrap.dedent(block) for block in re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)]
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
