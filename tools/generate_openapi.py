"""Writes what the web pages are made from: the OpenAPI document, all reasons that the server can give, and what each version of OCPP
lets a charger be sent.

python -m tools.generate_openapi            write them
python -m tools.generate_openapi --check    say which are out of date, and fail if any is
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from stationmaster.api import application, description
from tools import reasons, skeletons

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    stale = {name: text for name, text in files().items() if not is_current(name, text)}
    if "--check" in sys.argv:
        for name in stale:
            print(f"out of date: {name}")
        return 1 if stale else 0
    for name, text in stale.items():
        (ROOT / name).write_text(text)
        print(name, "written")
    return 0


def files() -> dict[str, str]:
    """By path in the repository: what is committed there."""
    return {
        "stationmaster/api/openapi.json": document(),
        "web/api/reasons.json": text_of(reasons.messages(reasons.read())),
        "web/api/src/actions.json": text_of(skeletons.calls()),
        "web/api/src/commands.json": text_of(skeletons.forms()),
    }


def is_current(name: str, text: str) -> bool:
    path = ROOT / name
    return path.exists() and path.read_text() == text


def document() -> str:
    """The document as it is committed. It is asked of routes that no server serves."""
    return json.dumps(description.document(application.make_routes()), indent=1, ensure_ascii=False) + "\n"


def text_of(told: Any) -> str:
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
