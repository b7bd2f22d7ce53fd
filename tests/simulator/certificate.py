"""A root certificate, and how OCPP names it: by the hashes that `openssl ocsp -sha256` tells of it; and certificates for chargers."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

ROOT = """-----BEGIN CERTIFICATE-----
MIIBjDCCATOgAwIBAgIEASOrzTAKBggqhkjOPQQDAjAjMRIwEAYDVQQKDAlTaW11
bGF0ZWQxDTALBgNVBAMMBFJvb3QwIBcNMjYxMTI2MDEyNDQxWhgPMjEyNjExMDIw
MTI0NDFaMCMxEjAQBgNVBAoMCVNpbXVsYXRlZDENMAsGA1UEAwwEUm9vdDBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABD+Cvzlflh0WDIzGLW5g1KLs7AOuE2PFJOS8
E2J91QxMuqaNPnRGAdGyMsrkOQu4iPDtKDARPthEWhCdMYEx8TSjUzBRMB0GA1Ud
DgQWBBQZ4T1lb55SL980gSqENGBcqsOOfzAfBgNVHSMEGDAWgBQZ4T1lb55SL980
gSqENGBcqsOOfzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIC4l
0L31soKVTT4rZvO9aC3o6APV8SOcYoXIJ4SIQgSmAiAO0xnKGatJhoaWr4H++fs1
eoAHETDuZKLiXgKYXc3uKQ==
-----END CERTIFICATE-----
"""

NAME = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "18d8e148fde58d8985649d245f7f9c538ff1df734d27a4cb64523da7842c63f3",
    "issuerKeyHash": "13292d98faf145a22a48904caf8c555a041180f69c25144e001b7c41daca6067",
    "serialNumber": "123abcd",
}


def signed(csr: str) -> str:
    """What some authority makes of a request."""
    request, now = x509.load_pem_x509_csr(csr.encode()), datetime.now(UTC)
    assert request.is_signature_valid
    made = x509.CertificateBuilder(request.subject, request.subject, request.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    key = ec.generate_private_key(ec.SECP256R1())
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
