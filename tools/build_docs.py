"""`make docs`: the pages as a site in dist/docs, with strict links and without a network.

The pages are copied first, with README, CONTRIBUTING and CHANGELOG among them and an index of the decisions.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "dist" / "docs-pages"
BESIDE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Files of the project's folder that are pages of the site, and what they are called there."""

_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)]*)?\)")


def main() -> None:
    gather(PAGES)
    if missing := not_in_the_menu():
        raise SystemExit(f"zensical.toml: nav: there is no {', '.join(missing)}")
    done = subprocess.run([Path(sys.executable).with_name("zensical"), "build", "--strict", "--clean"], cwd=ROOT)
    if done.returncode:
        raise SystemExit(done.returncode)
    print("written to dist/docs/index.html")


def gather(target: Path) -> None:
    """All pages of the site, with links that hold there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "docs", target)
    for name, called in BESIDE.items():
        (target / called).write_text((ROOT / name).read_text())
    decisions = sorted((target / "decisions").glob("0*.md"))
    lines = [f"- [{page.read_text().splitlines()[0].removeprefix('# ')}]({page.name})" for page in decisions]
    (target / "decisions" / "index.md").write_text("\n".join(["# Decisions", "", *lines, ""]))
    for page in target.rglob("*.md"):
        page.write_text(_LINK.sub(partial(_moved, page, target), page.read_text()))


def _moved(page: Path, target: Path, found: re.Match[str]) -> str:
    """A link as it must be in the site: to a page that has another place there, to an index, or to nowhere with its name beside it for what is no page."""
    link, anchor = found[1], found[2] or ""
    at = page.relative_to(target)
    base = ROOT if at.as_posix() in BESIDE.values() else (ROOT / "docs" / at).parent
    meant = (base / link).resolve()
    if meant.is_dir() and meant.is_relative_to(ROOT / "docs"):
        there = (meant / "index.md").relative_to(ROOT / "docs")
    elif meant.is_relative_to(ROOT / "docs"):
        there = meant.relative_to(ROOT / "docs")
    elif meant.parent == ROOT and meant.name in BESIDE:
        there = Path(BESIDE[meant.name])
    else:
        return f"](#) `{link}`"
    return f"]({'../' * (len(at.parts) - 1)}{there.as_posix()}{anchor})"


def not_in_the_menu() -> list[str]:
    """Pages that nobody would find."""
    known = set(_pages(tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]))
    there = {page.name for page in (ROOT / "docs").glob("*.md")} | set(BESIDE.values())
    return sorted(there - known)


def _pages(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [page for part in parts for page in _pages(part)]


if __name__ == "__main__":
    main()
