"""docs/first-day.md is run as it stands, against a server of its own."""

from __future__ import annotations

import asyncio
import csv
import os
import re
import sys
from pathlib import Path

import pytest

from stationmaster.app import App
from tests.docs import references
from tests.patience import PATIENCE_S

PAGE = references.ROOT / "docs" / "first-day.md"


@pytest.mark.any_database
async def test_an_operator_is_set_up_from_nothing_with_curl_and_the_page_alone(app: App, tmp_path: Path) -> None:
    script = "\n".join(re.findall(r"^```bash\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "CSMS": f"http://127.0.0.1:{app.web_port}",
        "CHARGERS": f"ws://127.0.0.1:{app.gateway_port}/ocpp",
        "STATIONMASTER_DATABASE__URL": app.settings.database.url,
        "STATIONMASTER_SECURITY__KEY": str(app.settings.security.key),
    }
    ran = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", script,
        cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(2 * PATIENCE_S):
        said, _ = await ran.communicate()
    assert ran.returncode == 0, said.decode()
    [row] = csv.DictReader((tmp_path / "sessions.csv").read_text(encoding="utf-8-sig").splitlines())
    assert "C-1001" in row.values() and "CP1" in row.values()
