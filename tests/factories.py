"""What most tests need, made in one place."""

from __future__ import annotations

from pathlib import Path

from stationmaster.settings import DatabaseSettings, Redis, Security, Settings
from tests.patience import PATIENCE_S

# The environment is read once: it takes four milliseconds, which a server of the tests does not have.
_plain = Settings()

SECRET_KEY = "a key that is only good for the tests 0123456789"


def settings(
    url: str, *, redis: str | None = None, key: str = SECRET_KEY, exclusive: bool = True, folder: Path | None = None
) -> Settings:
    """A server on free ports, which takes no slow commit of a busy machine for an outage."""
    made = plain()
    made.database = DatabaseSettings(
        url=url, hold_s=PATIENCE_S, read_s=PATIENCE_S, stall_s=PATIENCE_S, exclusive=exclusive
    )
    made.redis = Redis(url=redis)
    made.gateway.port = made.web.port = 0
    made.security = Security(key=key)
    if folder is not None:
        made.files.folder = folder
    return made


def plain() -> Settings:
    """As they are when nobody has set any."""
    return _plain.model_copy(deep=True)
