"""Writes the OpenAPI document, `web/api/openapi.json`, from which the types and the client of the web pages are made.

python -m tools.generate_openapi            write it
python -m tools.generate_openapi --check    say whether it is out of date, and fail if it is
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from stationmaster.api import application, description

DOCUMENT = Path(__file__).resolve().parent.parent / "web" / "api" / "openapi.json"


def main() -> int:
    text = document()
    current = DOCUMENT.exists() and DOCUMENT.read_text() == text
    if "--check" in sys.argv:
        if not current:
            print("out of date: web/api/openapi.json")
        return 0 if current else 1
    if not current:
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(text)
    print("web/api/openapi.json", "is as it was" if current else "written")
    return 0


def document() -> str:
    """The document as it is committed. It is asked of routes that no server serves."""
    return json.dumps(description.document(application.make_routes()), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
