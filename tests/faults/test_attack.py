"""`make attack`, short: nothing gets through, and the quiet charger is answered to the end."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_A2_an_attack_lets_nothing_through() -> None:
    """Whether its p99 stays below a second is for `make attack` on a machine of its own; here others run as well."""
    command = [sys.executable, "-m", "tools.attack", "--seconds", "20"]
    played = subprocess.run(command, capture_output=True, text=True, timeout=580)
    assert "nothing got through" in played.stdout, played.stdout + played.stderr[-2000:]
    assert "heartbeats" in played.stdout
