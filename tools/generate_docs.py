"""Writes the pages of docs/ that come from the code: settings, messages, command line, coverage.

    python tools/generate_docs.py            write them
    python tools/generate_docs.py --check    say which ones are out of date, and fail if any is

The coverage page comes from `checklist.tsv` (id, short name) and `coverage.toml` (where, test) beside this file.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import typer.main
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import stationmaster.handlers
from stationmaster import settings
from stationmaster.app import ROUTES
from stationmaster.cli.commands import app
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp.dialects import V16, V21, V201, Dialect

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DOCS = ROOT / "docs"
NOTICE = "*Made by `tools/generate_docs.py`; change {source} and run `make generate`.*"
BOUNDS = {"ge": "≥ {}", "gt": "> {}", "le": "≤ {}", "lt": "< {}"}


def main() -> int:
    pages = {
        "settings.md": settings_page(),
        "messages.md": messages_page(),
        "cli.md": cli_page(),
        "coverage.md": coverage_page(),
    }
    stale = [name for name, text in pages.items() if not (DOCS / name).exists() or (DOCS / name).read_text() != text]
    if "--check" in sys.argv:
        for name in stale:
            print(f"out of date: docs/{name}")
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(pages[name])
    print(f"{len(pages)} pages, {len(stale)} written")
    return 0


# --- settings ---


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        NOTICE.format(source="`stationmaster/settings.py`"),
        "",
        "Settings are read from `stationmaster.yaml` in the folder the server is started in, and from the environment. The",
        "environment wins. A setting that does not exist, or a value that cannot be, stops the start with one line that",
        "names it.",
        "",
        "```yaml",
        "# stationmaster.yaml",
        "web:",
        "  port: 8080",
        "database:",
        "  url: postgresql://user:password@host/name",
        "```",
        "",
        "| key | environment variable | default | what it does |",
        "|---|---|---|---|",
    ]
    plain = {place: name for name, place in settings._PLAIN.items()}
    for part, field in settings.Settings.model_fields.items():
        group = field.annotation
        assert inspect.isclass(group) and issubclass(group, BaseModel)
        for key, setting in group.model_fields.items():
            variable = f"`{settings.PREFIX}{part}__{key}`".upper()
            if (part, key) in plain:
                variable += f" or `{plain[part, key]}`"
            lines.append(row(f"`{part}.{key}`", variable, default_text(setting.default), described(setting)))
    return "\n".join(lines) + "\n"


def described(setting: FieldInfo) -> str:
    """The description, with what the value may be."""
    limits = [
        text.format(getattr(one, name))
        for one in setting.metadata
        for name, text in BOUNDS.items()
        if getattr(one, name, None) is not None
    ]
    choices = [str(choice) for choice in get_args(setting.annotation) if isinstance(choice, str)]
    allowed = ", ".join(limits) or ", ".join(choices)
    return f"{setting.description} ({allowed})" if allowed else str(setting.description)


def default_text(value: Any) -> str:
    if value is None:
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


# --- messages ---


def messages_page() -> str:
    spoken = all_routes()
    lines = [
        "# Messages",
        "",
        NOTICE.format(source="the handlers"),
        "",
        "Every action of the three versions has a typed message in `stationmaster/ocpp/`. This table says which of them have a",
        "handler (*in*: the charger sends it) or a sender (*out*: we send it); – means that the version has no such message.",
        "",
        "A message without a handler is answered with NotSupported. One without a sender can still be sent to a connected",
        "charger as it is, with the raw call: `POST /api/v1/stations/{id}/call`.",
        f"Chargers can connect with: {', '.join(sorted(ROUTES))}.",
        "",
        "| action | direction | 1.6 | 2.0.1 | 2.1 |",
        "|---|---|---|---|---|",
    ]
    for direction in ("in", "out"):
        columns = [column_of(dialect, direction, spoken.get(dialect.version)) for dialect in (V16, V201, V21)]
        for action in sorted({action for column in columns for action in column}):
            lines.append(row(action, direction, *(column.get(action, "–") for column in columns)))
    return "\n".join(lines) + "\n"


def all_routes() -> dict[str, Routes]:
    """What each version handles, found in the packages under handlers/."""
    found: dict[str, Routes] = {}
    for module in pkgutil.iter_modules(stationmaster.handlers.__path__, "stationmaster.handlers."):
        for routes in vars(importlib.import_module(module.name)).values():
            if isinstance(routes, Routes) and routes.handlers | routes.senders:
                found.setdefault(routes.dialect.version, Routes(routes.dialect))
                found[routes.dialect.version] = Routes(routes.dialect, found[routes.dialect.version], routes)
    return found


def column_of(dialect: Dialect, direction: str, routes: Routes | None) -> dict[str, str]:
    """By action of this version and direction: the function, or "not yet"."""
    functions: dict[str, Any] = {}
    if routes is not None and direction == "in":
        functions |= routes.handlers
    elif routes is not None:
        for command, sender in routes.senders.items():
            functions = {request.action: sender for request in routes.requests_of(command)} | functions
    actions = dialect.from_station if direction == "in" else dialect.from_csms
    return {action: place(functions[action]) if action in functions else "not yet" for action in actions}


def place(function: Any) -> str:
    """`handlers/v16/core.py::heartbeat`"""
    path = function.__module__.removeprefix("stationmaster.").replace(".", "/")
    return f"`{path}.py::{function.__qualname__}`"


# --- command line ---


def cli_page() -> str:
    lines = [
        "# Command line",
        "",
        NOTICE.format(source="`stationmaster/cli/`"),
        "",
        "`make setup` puts the command into `.venv/bin/stationmaster`. It reads the same settings as the server, so start it in",
        "the same folder; it may write beside a running server.",
    ]
    for name, command in commands_of("stationmaster", typer.main.get_command(app)):
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
        usage = [name, *(shown_argument(one) for one in arguments), *(["[OPTIONS]"] if options else [])]
        lines += ["", f"## {name}", "", command.help or "", "", "```", " ".join(usage), "```"]
        if arguments or options:
            lines += ["", "| | | default |", "|---|---|---|"]
        for one in arguments:
            lines.append(row(f"`{argument_name(one)}`", help_of(one), parameter_default(one)))
        for one in options:
            lines.append(row(f"`{', '.join((*one.opts, *one.secondary_opts))}`", help_of(one), parameter_default(one)))
    return "\n".join(lines) + "\n"


def commands_of(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its whole name."""
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
    for word, one in sorted((below or {}).items()):
        yield from commands_of(f"{name} {word}", one)


def argument_name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def shown_argument(argument: Any) -> str:
    return argument_name(argument) if argument.required else f"[{argument_name(argument)}]"


def help_of(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    words = str(parameter.help or "").rstrip(".")
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return f"{words} ({', '.join(str(member.value) for member in kind)})"
    return words


def parameter_default(parameter: Any) -> str:
    value = parameter.default
    if getattr(parameter, "prompt", None):
        return "asked for"
    if parameter.required:
        return "needed"
    if value is None or value == "":
        return ""
    return default_text(value.value if isinstance(value, Enum) else value)


# --- coverage ---


def coverage_page() -> str:
    names = checklist()
    found = coverage()
    states: Counter[str] = Counter()
    rows = []
    for number, name in names.items():
        state, where, test = found.get(number, ("not yet", "not yet", ""))
        if name.startswith("test") and state == "built, no test yet":
            state, where, test = "not yet", "not yet", ""  # a row that asks for a test is one
        states[state] += 1
        rows.append(row(number, name.replace("|", "/"), where, test))
    lines = [
        "# Coverage",
        "",
        NOTICE.format(source="`tools/coverage.toml`"),
        "",
        "What became of every row of the requirements checklist: where it lives, and the test that shows it. *n/a* is what the",
        "project does in another way, or not at all, and why; [stack.md](stack.md) has the old stacks in one table.",
        "",
        "| state | rows |",
        "|---|---|",
        *(row(state, str(states[state])) for state in ("built", "built, no test yet", "in part", "n/a", "not yet")),
        row("all", str(len(names))),
        "",
        "| id | item | where it lives | test that shows it |",
        "|---|---|---|---|",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def checklist() -> dict[str, str]:
    """Short names by id."""
    lines = (HERE / "checklist.tsv").read_text().splitlines()
    return dict(line.split("\t", 1) for line in lines)


def coverage() -> dict[str, tuple[str, str, str]]:
    """State, where, and test, by id. An id that is unknown, or there twice, is an error."""
    known = checklist()
    found: dict[str, tuple[str, str, str]] = {}
    mapping = tomllib.loads((HERE / "coverage.toml").read_text())
    entries = [*mapping.get("built", ()), *mapping.get("part", ()), *mapping.get("gone", ())]
    for entry in entries:
        for number in entry["ids"].split():
            if number not in known or number in found:
                raise SystemExit(f"coverage.toml: {number} is {'there twice' if number in found else 'no id'}")
            found[number] = covered(entry)
    return found


def covered(entry: dict[str, Any]) -> tuple[str, str, str]:
    if "why" in entry:
        return "n/a", f"n/a: {entry['why']}", ""
    where = "<br>".join(f"`{one}`" for one in entry["where"])
    test = "<br>".join(f"`{one}`" for one in entry.get("tests", ()))
    if "missing" in entry:
        return "in part", f"{where}<br>not yet: {entry['missing']}", test or "no test yet"
    return ("built", where, test) if test else ("built, no test yet", where, "no test yet")


def row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
