"""The pages as a site, the drawing of the layers, what a release must have, and that no secret is in the repository."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
import tomllib
from pathlib import Path
from typing import Any

from tests.docs.references import ROOT
from tools import audit, build_docs, release

LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]


def test_S0_088_the_drawing_has_the_layers_that_import_linter_holds() -> None:
    drawn = (ROOT / "docs/architecture.md").read_text()
    assert layers() in drawn, f"docs/architecture.md: the drawing of the layers is to be\n{layers()}"


def layers() -> str:
    """The contract as a drawing of Mermaid."""
    lines = ["```mermaid", "flowchart TB"]
    for number, layer in enumerate(LAYERS):
        lines.append(f'  L{number}["{" · ".join(layer.split(" | "))}"]')
    lines += [f"  L{number} --> L{number + 1}" for number in range(len(LAYERS) - 1)]
    return "\n".join([*lines, "```"])


def test_every_page_is_in_the_menu_and_every_link_holds(tmp_path: Path) -> None:
    assert build_docs.not_in_the_menu() == []
    build_docs.gather(tmp_path / "pages")
    broken = [
        f"{page.relative_to(tmp_path)}: {link}"
        for page in (tmp_path / "pages").rglob("*.md")
        for link, _ in build_docs._LINK.findall(page.read_text())
        if not (page.parent / link).is_file()
    ]
    assert broken == []
    assert "(contributing.md)" in (tmp_path / "pages/tour.md").read_text()
    assert "/0041-" in (tmp_path / "pages/decisions/index.md").read_text()


def test_a_release_has_a_change_and_the_pages() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert release.missing_change(version, (ROOT / "CHANGELOG.md").read_text()) is None
    assert (
        release.missing_change("9.9", "# Changes\n\n## 9.9\n\n## 9.8\n\n- all\n") == "CHANGELOG.md says nothing of 9.9"
    )
    assert release.missing_files([]) == ["the pages", "scripts of the pages", "migrations", "fonts", "licence"]
    assert release.licence("msgspec") != "?" and release.licence("nothing-of-that-name") == "?"


def test_S3_110_the_code_of_the_guide_is_code() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/integration.md").read_text(), re.DOTALL)
    assert len(blocks) == 3
    for number, block in enumerate(blocks):
        compile(block, f"docs/integration.md, block {number}", "exec")
    said: dict[str, Any] = {}
    exec(blocks[1], said)
    body, at = b'{"type":"session"}', str(int(time.time()))
    right = hmac.new(b"secret", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert said["is_ours"](f"t={at},v1={right}", body, "secret")
    assert not said["is_ours"](f"t={at},v1={right}", body + b" ", "secret")
    assert not said["is_ours"](f"t={int(at) - 400},v1={right}", body, "secret")


def test_no_secret_is_in_the_repository() -> None:
    assert audit.secrets(audit.files_now()).state == "fine"
