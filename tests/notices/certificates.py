"""Creates an authority and certificates for loopback."""

import ssl
from pathlib import Path

import pytest

trustme = pytest.importorskip("trustme", reason="trustme makes the certificates: pip install -r requirements-dev.txt")


class Certificates:
    """An authority, and its certificate for the server `localhost`."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.authority = str(folder / "authority.pem")
        authority.cert_pem.write_to_path(self.authority)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self.server)
