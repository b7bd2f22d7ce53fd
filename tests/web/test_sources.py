"""The web application's own tests and checks, run with the Node that builds it."""

from __future__ import annotations

import pytest

from tools import build_web

pytestmark = pytest.mark.slow


@pytest.mark.timeout(400)  # on a busy machine the compiler alone takes more than a minute
@pytest.mark.parametrize("script", ["types", "lint", "messages:check", "test"])
def test_npm_run(script: str) -> None:
    code, said = build_web.npm(next(build_web.nodes()), ["run", script])
    assert code == 0, said
