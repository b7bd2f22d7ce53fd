"""`make audit`: known vulnerabilities of what comes with us, its licences, and secrets in what was ever committed.

    python -m tools.audit [--history=no]

Says for each what it found, or that it could not be asked. Ends with 1 when something is found, with 3 when nothing is but something
could not be asked, with 0 only when all was looked at and is fine.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple

from tools import build_web, release

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ("web", "tests/scenarios/node_charger")  # folders with packages of npm


class Finding(NamedTuple):
    state: Literal["fine", "found", "not asked"]
    said: str


# Who takes one of these over owes its authors their names, or the text of changed files of theirs; nothing of ours has to be given away.
PERMISSIVE = re.compile(
    r"(The )?MIT(-0|-CMU)?( License)?|(3-Clause )?BSD( License|-[23]-Clause)?|0BSD|Apache( Software License|-2\.0)|ISC( License \(ISCL\))?|PSF-2\.0"
    r"|Python-2\.0|Unlicense|CC0-1\.0|CC-BY-4\.0|OFL-1\.1|BlueOak-1\.0\.0|Zlib|MPL-2\.0|Mozilla Public License 2\.0 \(MPL 2\.0\)"
)
EXCEPTED = {
    "psycopg": "LGPL-3.0-only",  # a library beside ours, which anyone may replace by a changed one
    "psycopg-binary": "LGPL-3.0-only",
}

SECRET = re.compile(
    rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{64}"
    rb"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # Amazon
    rb"|\bgh[opsur]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{60,}|\bglpat-[A-Za-z0-9_-]{20}\b"
    rb"|\b[sr]k_live_[A-Za-z0-9]{16,}"  # Stripe
    rb"|\bxox[abprs]-[0-9]{8,}"  # Slack
    rb"|\bAIza[0-9A-Za-z_-]{35}\b"  # Google
    rb"|\bnpm_[A-Za-z0-9]{36}\b|\bpypi-AgEI[A-Za-z0-9_-]{50,}"
    rb"|\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b"  # SendGrid
)

# What one of them has in it: to look for these alone is quicker by far.
MARKS = tuple(
    b"PRIVATE KEY|AKIA|ASIA|ghp_|gho_|ghs_|ghu_|ghr_|github_pat_|glpat-|k_live_|xox|AIza|npm_|pypi-AgEI|SG.".split(b"|")
)


def main(arguments: list[str]) -> int:
    looks: dict[str, Callable[[], Finding]] = {
        "vulnerabilities, Python": python_vulnerabilities,
        **{f"vulnerabilities, npm in {folder}": partial(npm_vulnerabilities, folder) for folder in LOCKED},
        "licences, Python": lambda: licences(python_licences()),
        "licences, npm": lambda: licences(npm_licences()),
        "secrets": lambda: secrets(files_now() if "--history=no" in arguments else files_ever()),
    }
    findings: list[Finding] = []
    for name, look in looks.items():
        try:
            finding = look()
        except (OSError, subprocess.SubprocessError, build_web.Trouble) as error:
            finding = Finding("not asked", f"{type(error).__name__}: {error}")
        findings.append(finding)
        print(f"{finding.state.upper() if finding.state != 'fine' else finding.state:9} {name}: {finding.said}")
    return verdict(findings)


def verdict(findings: Iterable[Finding]) -> int:
    states = {finding.state for finding in findings}
    if "found" in states:
        return 1
    if "not asked" in states:
        print(
            "\nNothing was found, but not everything could be asked: this is no audit that was passed.", file=sys.stderr
        )
        return 3
    return 0


def python_vulnerabilities() -> Finding:
    """All that `uv.lock` pins, by osv.dev."""
    ran = subprocess.run(
        [ROOT / ".ci/audit"],
        env=os.environ | {"UV": str(release.UV), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return told_by_uv(ran.returncode, ran.stdout + ran.stderr)


def told_by_uv(code: int, said: str) -> Finding:
    if code == 0:
        return Finding("fine", "none is known")
    if re.search(r"^error:", said, re.MULTILINE):
        return Finding("not asked", said.strip().splitlines()[-1].strip())
    return Finding("found", f"\n{said.strip()}")


def npm_vulnerabilities(folder: str) -> Finding:
    """High and critical ones, by the registry of npm."""
    node = next(build_web.nodes(), None)
    if node is None:
        return Finding("not asked", "there is no Node here")
    return told_by_npm(*build_web.npm(node, ["audit", "--package-lock-only", "--audit-level=high"], ROOT / folder))


def told_by_npm(code: int, said: str) -> Finding:
    """It answers 1 for what it has found, and for a registry that says nothing."""
    if re.search(r"npm (error|ERR!)|audit endpoint returned an error", said) or "vulnerabilit" not in said:
        why = re.search(r"npm (?:warn audit|error|ERR!) .*", said)
        return Finding("not asked", why[0] if why else "npm said nothing")
    return Finding("fine", "none is known that is high") if code == 0 else Finding("found", f"\n{said}")


def licences(told: Iterable[tuple[str, str]]) -> Finding:
    """What is not permissive has to be looked at by a person, and named above."""
    count, strange = 0, []
    for name, licence in told:
        count += 1
        if EXCEPTED.get(name) != licence and not is_permissive(licence):
            strange.append(f"{name} is {licence}")
    return (
        Finding("found", "; ".join(strange))
        if strange
        else Finding("fine", f"{count} packages, all permissive or excepted")
    )


def is_permissive(licence: str) -> bool:
    """`A OR B` is, when one of them is; of all else each has to be."""
    if " OR " in licence:
        return any(is_permissive(one) for one in _bare(licence).split(" OR "))
    return all(PERMISSIVE.fullmatch(one.strip()) for one in re.split(r" AND |, ", _bare(licence)))


def _bare(licence: str) -> str:
    return licence[1:-1] if licence.startswith("(") else licence


def python_licences() -> Iterator[tuple[str, str]]:
    """Of what comes with us on this machine, with all extras."""
    for name in release.packages():
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # for another system
        yield name, release.licence(name)


def npm_licences() -> Iterator[tuple[str, str]]:
    """Of what the pages are made of; what only makes them stays here."""
    locked: Mapping[str, dict[str, object]] = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    for name, each in locked.items():
        if "node_modules/" in name and not each.get("link") and not each.get("dev"):
            yield name.rpartition("node_modules/")[2], str(each.get("license", "of no licence"))


def secrets(files: Iterable[tuple[str, bytes]]) -> Finding:
    """Keys and tokens as their makers mark them. Their places are told, not what they are."""
    count, places = 0, []
    for name, content in files:
        count += 1
        if any(mark in content for mark in MARKS) and SECRET.search(content):
            places.append(name)
    return Finding("found", ", ".join(places)) if places else Finding("fine", f"none in {count:,} files")


def files_now() -> Iterator[tuple[str, bytes]]:
    """Each file that is kept in the repository."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in names.decode().split("\0"):
        if name and (ROOT / name).is_file():
            yield name, (ROOT / name).read_bytes()


def files_ever() -> Iterator[tuple[str, bytes]]:
    """Each file as it was in any commit: what was deleted since is still public."""
    listed = subprocess.run(["git", "rev-list", "--objects", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    named = dict(line.split(" ", 1) for line in listed.decode().splitlines() if " " in line)
    reading = subprocess.Popen(["git", "cat-file", "--batch"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert reading.stdin is not None and reading.stdout is not None
    with reading, reading.stdin, reading.stdout:
        for key, name in named.items():
            reading.stdin.write(f"{key}\n".encode())
            reading.stdin.flush()
            kind, size = reading.stdout.readline().split()[1:3]
            content = reading.stdout.read(int(size) + 1)
            if kind == b"blob":
                yield f"{name} ({key[:10]})", content


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
