"""Lists of certificates that were revoked (RFC 5280 §5), as the authority itself has signed them."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from stationmaster.outside.pki.named import Authorities, Named, Told, Unusable, in_words
from stationmaster.outside.pki.ocsp import CLOCKS_APART
from stationmaster.x509_errors import UNREADABLE


def answer(content: bytes, named: Named, authorities: Authorities, *, now: datetime) -> Told:
    """Whether this certificate is in the list. Raises `Unusable` for what is no list, of another time, or not of who has issued it."""
    try:
        pem = content.lstrip().startswith(b"-----BEGIN")
        found = x509.load_pem_x509_crl(content) if pem else x509.load_der_x509_crl(content)
        since, until = found.last_update_utc, found.next_update_utc
        authority = authorities.who_issued(named)
        if authority is None:
            raise Unusable(
                f"the list is of {in_words(found.issuer)}, which is not among the authorities of the settings"
            )
        key = authority.public_key()
        if not isinstance(
            key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey
        ):
            raise Unusable("the authority has a key that is not known here")
        algorithm = found.signature_hash_algorithm
        if (algorithm is not None and algorithm.name in ("md5", "sha1")) or not found.is_signature_valid(key):
            raise Unusable("the list is signed by somebody else than who has issued the certificate")
        if found.issuer != authority.subject or any(each.critical for each in found.extensions):
            raise Unusable("the list is one of some certificates only")  # in parts, or of what has changed
        revoked = found.get_revoked_certificate_by_serial_number(named.serial) is not None
    except UNREADABLE:
        raise Unusable("what came is no list of certificates") from None
    if since > now + CLOCKS_APART or until is None or until <= now:
        raise Unusable("the list is of another time")
    return Told("revoked" if revoked else "good", until, True, b"")
