"""Rules that are about the whole program and about no part of it: what is in logs, settings, mails and files of others."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
import structlog

from stationmaster import telemetry
from stationmaster.background.mails import written
from stationmaster.domain.events import MailDue
from stationmaster.settings import Settings
from tests.docs import references

SECRET = "hunter2-hunter2-hunter2-hunter2-hunter2"


@pytest.mark.parametrize(
    "told",
    [
        '\n{"level":"info","event":"ready"}',
        "\x1b[2J\x1b[31mred",
        "a\r\nb\x00c",
        "\u2028\u202eevil",
        "%s %n {0.__class__}",
    ],
)
def test_API_19_what_a_charger_says_stays_one_line_and_moves_no_terminal(told: str) -> None:
    event = telemetry._printable(None, "info", {"event": "boot", "vendor": told})
    line = structlog.processors.JSONRenderer()(None, "info", event)
    assert isinstance(line, str) and "\n" not in line
    assert json.loads(line)["event"] == "boot"
    shown = json.loads(line)["vendor"]
    assert shown.isprintable() and shown.count("{") == told.count("{")  # nothing was filled in


@pytest.mark.parametrize(
    "given",
    [
        {"security": {"key": SECRET}},
        {"mail": {"password": SECRET}},
        {"database": {"url": f"postgresql://csms:{SECRET}@db/csms"}},
        {"redis": {"url": f"redis://:{SECRET}@cache"}, "database": {"url": "postgresql://csms@db/csms"}},
        {"files": {"s3_access_key": "id", "s3_secret_key": SECRET}},
        {"webhooks": {"to": [{"url": "https://example.com/hook", "secret": SECRET}]}},
    ],
    ids=lambda given: next(iter(given)),
)
def test_API_27_settings_that_are_shown_show_no_secret(given: dict[str, Any]) -> None:
    settings = Settings(**given)
    for shown in (repr(settings), str(settings), repr(getattr(settings, next(iter(given))))):
        assert SECRET not in shown
    assert SECRET in settings.model_dump_json()  # it is there all the same


@pytest.mark.parametrize("name", ["{link}", "{0.__class__.__mro__}", "{{ ''.__class__ }}", "${7*7}", "%(link)s"])
def test_API_36_the_name_of_an_organization_is_no_template(name: str) -> None:
    due = MailDue(kind="invitation", email="ann@example.com", organization=name)
    mail = written(due, "https://csms.example/welcome#once", sender="csms@example.com")
    assert f"Somebody at {name} has made" in mail.get_content()
    assert name in mail["Subject"]
    assert mail.get_content().count("https://csms.example/welcome#once") == 1


def test_API_32_nothing_here_reads_XML() -> None:
    """So there are no entities to be expanded. It is written, by hand (workbooks) or as a tree (invoices by EN 16931)."""
    parsers = {"xml", "lxml", "defusedxml", "xmltodict", "bs4"}
    read = {"fromstring", "fromstringlist", "iterparse", "parse", "XML", "XMLID", "XMLParser", "XMLPullParser"}
    writer = references.ROOT / "stationmaster" / "domain" / "invoices" / "en16931.py"
    assert not {node.attr for node in ast.walk(ast.parse(writer.read_text())) if isinstance(node, ast.Attribute)} & read
    for file in (references.ROOT / "stationmaster").rglob("*.py"):
        text = file.read_text()
        if not any(name in text for name in parsers):
            continue
        for node in ast.walk(ast.parse(text)):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            used = {name for name in names if name.partition(".")[0] in parsers} - {"xml.sax.saxutils"}
            used -= {"xml.etree"} if file == writer else set()
            assert not used, (file, used)
