"""`stationmaster ca create`: an authority of the operator's own, that signs what chargers ask for."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from stationmaster.settings import BadSettings

ca = typer.Typer(no_args_is_help=True, help="An authority of your own, that signs the certificates of chargers.")


@ca.callback()
def _several() -> None:
    """There is one command, and its name is said all the same."""


@ca.command()
def create(
    organization_name: Annotated[
        str,
        typer.Option(help="The name that stands as O in the certificates of your chargers: the setting tls.operator"),
    ],
    certificate: Annotated[Path, typer.Option(metavar="FILE", help="Where its certificate goes")] = Path(
        "chargers-ca.pem"
    ),
    key: Annotated[Path, typer.Option(metavar="FILE", help="Where its key goes")] = Path("chargers-ca.key"),
    years: Annotated[int, typer.Option(min=1, max=30, help="How long it lasts")] = 10,
) -> None:
    """Make an authority: its certificate, and its key. What is there already is left alone."""
    from stationmaster.domain import certificate_authority

    for path in (certificate, key):
        if path.exists() or path.is_symlink():
            raise BadSettings(f"{path} exists already; an authority that is lost cannot be made again")
    try:
        made, secret = certificate_authority.create(organization_name, datetime.now(UTC), days=365 * years)
    except ValueError as error:
        raise BadSettings(f"--organization-name: {error}") from None
    _write(key, secret)
    try:
        _write(certificate, made)
    except BadSettings:
        key.unlink()  # else the next try would be refused because of half of this one
        raise
    print(f"{certificate} and {key} are made. In the settings:\n")
    print(f"tls:\n  ca_certificate: {certificate.absolute()}\n  ca_key: {key.absolute()}")
    print(f"  operator: {_quoted(organization_name)}\n")
    print(
        "Each server that chargers connect to needs both files, and may read them; nobody else may. Keep a copy of the key"
    )
    print(
        "where only you can reach it: no backup of ours has it. Who has it can make certificates of all your chargers."
    )


def _write(path: Path, text: bytes) -> None:
    """Raises `BadSettings`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BadSettings(f"{path}: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _quoted(name: str) -> str:
    """As YAML has it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
