"""`stationmaster ca create`: an authority of one's own, and what a tired person does with it."""

from __future__ import annotations

from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from stationmaster.gateway import own_certificates
from stationmaster.settings import Tls
from tests.cli.terminal import run

NAME = 'Acme "Charging": & Co'


def test_an_authority_is_made_and_it_is_said_what_goes_where(tmp_path: Path) -> None:
    told = run(tmp_path, "ca", "create", "--organization-name", NAME)
    assert told.returncode == 0, told
    certificate, key = tmp_path / "chargers-ca.pem", tmp_path / "chargers-ca.key"
    assert {path.stat().st_mode & 0o777 for path in (certificate, key)} == {0o600}
    made = x509.load_pem_x509_certificate(certificate.read_bytes())
    assert isinstance(made.public_key(), ec.EllipticCurvePublicKey)
    basics = made.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basics.critical, basics.value) == (True, x509.BasicConstraints(ca=True, path_length=0))
    assert not (tmp_path / "data").exists()  # a database is not needed for it
    block = told.stdout[told.stdout.index("tls:") : told.stdout.index("Each server")]
    settings = Tls(**yaml.safe_load(block)["tls"])
    assert settings.operator == NAME
    assert own_certificates.authority(settings).certificate == made
    secret = key.read_text().splitlines()[1]
    assert secret not in told.stdout + told.stderr


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    for name in ("chargers-ca.pem", "chargers-ca.key"):
        (tmp_path / name).write_text("precious")
        told = run(tmp_path, "ca", "create", "--organization-name", "Acme")
        assert (told.returncode, told.stdout) == (2, "")
        assert told.stderr.startswith(f"stationmaster: {name} exists already")
        assert files(tmp_path) == [name]
        assert (tmp_path / name).read_text() == "precious"
        (tmp_path / name).unlink()
    told = run(tmp_path, "ca", "create", "--organization-name", "Acme", "--certificate", "gone/ca.pem")
    assert told.returncode == 2 and told.stderr.count("\n") == 1
    assert files(tmp_path) == []  # no key without its certificate


def test_a_name_that_a_certificate_has_no_room_for_is_one_line(tmp_path: Path) -> None:
    for name in ("", "x" * 65, "two\nlines"):
        told = run(tmp_path, "ca", "create", "--organization-name", name)
        assert told.returncode == 2 and told.stderr.startswith("stationmaster: --organization-name: "), told
        assert files(tmp_path) == []


def files(folder: Path) -> list[str]:
    """But for what the terminal of the tests leaves there."""
    return sorted(each.name for each in folder.iterdir() if not each.name.startswith("."))
