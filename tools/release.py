"""`make release`: the wheel with the web application in it, tried in a fresh environment, and the licences of what comes with it.

make release                     refuses when something is not committed
make release ARGS=--unclean      for a try
"""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
UV = Path(sys.executable).with_name("uv")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unclean", action="store_true", help="also with changes that are not committed")
    parser.add_argument("--no-install", action="store_true", help="without trying the wheel in a fresh environment")
    options = parser.parse_args()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changed = subprocess.run(
        ["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    if changed and not options.unclean:
        raise SystemExit(f"not committed:\n{changed}")
    if problem := missing_change(version, (ROOT / "CHANGELOG.md").read_text()):
        raise SystemExit(problem)
    wheel = build(version)
    if problems := missing_files(zipfile.ZipFile(wheel).namelist()):
        raise SystemExit(f"{wheel.name} has no {', '.join(problems)}: run `make web`")
    (DIST / "licences.md").write_text(licences())
    if not options.no_install:
        try_it(wheel, version)
    print(f"written: {wheel.relative_to(ROOT)}, {wheel.stat().st_size / 1e6:.1f} MB; dist/licences.md")


def missing_change(version: str, changes: str) -> str | None:
    """What is wrong with the list of changes; None when this version has something in it."""
    found = re.search(rf"^## {re.escape(version)}\b.*\n+((?:(?!^## ).*\n)*)", changes, re.MULTILINE)
    return None if found and found[1].strip() else f"CHANGELOG.md says nothing of {version}"


def missing_files(names: list[str]) -> list[str]:
    """What a wheel must have and has not."""
    wanted = {
        "the pages": r"stationmaster/web/dist/index\.html",
        "scripts of the pages": r"stationmaster/web/dist/assets/.+\.js",
        "migrations": r"stationmaster/storage/migrations/versions/0001.+\.py",
        "fonts": r"stationmaster/files/fonts/.+",
        "licence": r"stationmaster-.+\.dist-info/licenses/LICENSE",
    }
    return [what for what, pattern in wanted.items() if not any(re.fullmatch(pattern, name) for name in names)]


def build(version: str) -> Path:
    for old in DIST.glob("stationmaster-*.whl"):
        old.unlink()
    subprocess.run([UV, "build", "--wheel", "--quiet", "--out-dir", DIST], cwd=ROOT, check=True)
    (wheel,) = DIST.glob(f"stationmaster-{version}-*.whl")
    return wheel


def try_it(wheel: Path, version: str) -> None:
    """Install it where nothing else is, and let it make a database with nothing but its own programs in reach: no Node."""
    with tempfile.TemporaryDirectory(prefix="stationmaster-release-") as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=False)
        python = folder / "venv" / "bin" / "python"
        subprocess.run([UV, "pip", "install", "--quiet", "--python", python, wheel], check=True)
        bare = {
            "PATH": str(python.parent),
            "HOME": str(folder),
            "STATIONMASTER_DATABASE__URL": f"sqlite:///{folder}/try.db",
        }
        command = python.with_name("stationmaster")
        subprocess.run([command, "migrate"], cwd=folder, env=bare, check=True, stdout=subprocess.DEVNULL)
        said = subprocess.run(
            [command, "--help"], cwd=folder, env=bare, check=True, capture_output=True, text=True
        ).stdout
        if "serve" not in said or not (folder / "try.db").exists():
            raise SystemExit(f"the wheel of {version} does not work in a fresh environment:\n{said}")


def licences() -> str:
    """A table: each package that comes with ours, its version, its licence."""
    rows = [f"| {name} | {_version(name)} | {licence(name)} |" for name in packages()]
    return "\n".join(
        [
            "# Licences of what comes with Stationmaster",
            "",
            "| package | version | licence |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def packages() -> list[str]:
    """The packages that come with ours, with every extra."""
    exported = subprocess.run(
        [UV, "export", "--frozen", "--no-dev", "--all-extras", "--no-emit-project", "--no-hashes", "--quiet"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return re.findall(r"^([\w.-]+)==", exported, re.MULTILINE)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not on this machine"


def licence(name: str) -> str:
    """As the package says: by its expression, its classifiers, or the first line of its text."""
    try:
        told = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return "?"
    classified = [
        each.rsplit(" :: ", 1)[-1] for each in told.get_all("Classifier") or [] if each.startswith("License ::")
    ]
    expression, text = (
        told.get_all("License-Expression") or [""],
        (told.get_all("License") or [""])[0].strip().splitlines(),
    )
    return expression[0] or ", ".join(classified) or (text[0][:60] if text else _first_line(name))


def _first_line(name: str) -> str:
    """Of the text of a licence that comes with a package; `?` without one."""
    package = importlib.metadata.distribution(name)
    for file in package.files or ():
        if "license" in file.name.lower():
            return file.read_text().strip().partition("\n")[0].strip()[:60]
    return "?"


if __name__ == "__main__":
    main()
