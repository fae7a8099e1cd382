"""Certificates of an authority that only these tests know."""

import ssl
from pathlib import Path
from typing import Any, Final, NamedTuple

import trustme

_CA: Final = trustme.CA()
AUTHORITY: Final = _CA.cert_pem.bytes()


class Issued(NamedTuple):
    """A certificate with its key, in PEM."""

    chain: bytes
    key: bytes
    authority: bytes
    made: Any

    def server(self, folder: Path) -> ssl.SSLContext:
        """Return what a server with this certificate needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.write(folder))
        return context

    def write(self, folder: Path, name: str = "both.pem") -> Path:
        """Write the certificate and its key into one file."""
        path = folder / name
        path.write_bytes(self.chain + self.key)
        return path


def issued(*names: str, stranger: bool = False) -> Issued:
    """Issue a certificate for these names; by an authority that nobody knows if it is a stranger's."""
    authority = trustme.CA() if stranger else _CA
    made = authority.issue_cert(*names)
    chain = b"".join(pem.bytes() for pem in made.cert_chain_pems)
    return Issued(chain, made.private_key_pem.bytes(), authority.cert_pem.bytes(), made)


def client(
    certificate: Issued | None = None, version: ssl.TLSVersion | None = None, protocols: tuple[str, ...] = ()
) -> ssl.SSLContext:
    """Return what a client needs that trusts the authority; it accepts its certificates for any name."""
    context = ssl.create_default_context(cadata=AUTHORITY.decode())
    context.check_hostname = False
    if certificate is not None:
        certificate.made.configure_cert(context)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context
