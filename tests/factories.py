"""What most tests need, made in one place."""

from __future__ import annotations

from pathlib import Path

from stationmaster.settings import DatabaseSettings, Files, Gateway, Redis, Security, Settings, Web
from tests.patience import PATIENCE_S

SECRET_KEY = "a key that is only good for the tests 0123456789"


def settings(
    url: str, *, redis: str | None = None, key: str = SECRET_KEY, exclusive: bool = True, folder: Path | None = None
) -> Settings:
    """A server on free ports, which takes no slow commit of a busy machine for an outage."""
    return Settings(
        database=DatabaseSettings(
            url=url, hold_s=PATIENCE_S, read_s=PATIENCE_S, stall_s=PATIENCE_S, exclusive=exclusive
        ),
        redis=Redis(url=redis),
        gateway=Gateway(port=0),
        web=Web(port=0),
        security=Security(key=key),
        files=Files() if folder is None else Files(folder=folder),
    )
