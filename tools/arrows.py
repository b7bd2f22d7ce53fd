"""Hold the arrows of the architecture: which package may import which. Exits with 1 and the lines that break one."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent / "stationmaster"
EVERYTHING = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}

# package → what it may import of ours, besides itself
ALLOWED: dict[str, set[str]] = {
    "ocpp": set(),
    "storage": set(),
    "settings": set(),
    "telemetry": set(),
    "domain": {"storage"},
    "handlers": {"ocpp", "domain", "storage"},
    "gateway": {"ocpp", "handlers", "domain", "storage", "settings"},
    "background": {"domain", "storage", "settings"},
    "api": {"domain", "storage", "settings", "gateway"},
    "web": set(),
    "simulator": {"ocpp"},
    "app": EVERYTHING - {"cli", "simulator"},
    "cli": EVERYTHING,
    "__main__": {"cli"},
    "__init__": set(),
}
# Of the gateway, the API knows only the switchboard: to send.
API_OF_GATEWAY = "stationmaster.gateway.switchboard"
# What only one file may know.
ONLY = {"picows": {"gateway/listener.py", "simulator/"}, "ocpp": set[str]()}


def broken() -> list[str]:
    """Every import that goes against an arrow, as `file:line: package → package`."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT)
        package = name.parts[0].removesuffix(".py")
        if package not in ALLOWED:
            found.append(f"{name}: the package {package} has no line in tools/arrows.py")
            continue
        for line, imported in _imports(path):
            if problem := _problem(package, name.as_posix(), imported):
                found.append(f"stationmaster/{name}:{line}: {problem}")
    return found


def _problem(package: str, name: str, imported: str) -> str | None:
    top, *rest = imported.split(".")
    if top in ONLY and not any(name.startswith(allowed) for allowed in ONLY[top]):
        return f"{top} is known to {', '.join(sorted(ONLY[top])) or 'the tests and tools'} only"
    if top != "stationmaster" or not rest or rest[0] == package:
        return None
    if rest[0] not in ALLOWED[package]:
        return f"{package} → {rest[0]}"
    if package == "api" and rest[0] == "gateway" and not imported.startswith(API_OF_GATEWAY):
        return f"api → {imported}; only {API_OF_GATEWAY} is allowed"
    return None


def _imports(path: Path) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            if node.module == "stationmaster" or node.module.count(".") == 1:
                found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
            else:
                found.append((node.lineno, node.module))
    return found


if __name__ == "__main__":
    lines = broken()
    print("\n".join(lines) or "arrows: all hold")
    sys.exit(bool(lines))
