"""An authority and certificates for loopback, made for one test."""

import ssl
from pathlib import Path

import pytest

trustme = pytest.importorskip("trustme", reason="trustme makes the certificates: pip install -r requirements-dev.txt")


class Certificates:
    """One authority, and a server that it vouches for under the name `localhost`."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.authority = str(folder / "authority.pem")
        authority.cert_pem.write_to_path(self.authority)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self.server)
