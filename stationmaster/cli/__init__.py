"""The command line: `stationmaster …`."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """The entry point: what a person did wrong is one line, not a stack."""
    gc.disable()  # imports make many objects and no garbage; the collector would look at them again and again
    from stationmaster.cli.commands import app
    from stationmaster.domain.errors import DomainError
    from stationmaster.settings import BadSettings
    from stationmaster.storage import StorageUnavailable, Unusable

    gc.enable()
    try:
        app()
    except (BadSettings, DomainError) as error:
        print(f"stationmaster: {error}", file=sys.stderr)
        sys.exit(2)
    except Unusable as error:
        sys.exit(f"stationmaster: {error}")
    except StorageUnavailable as error:
        sys.exit(f"stationmaster: database.url: {error}")
