"""Creates an authority and certificates for loopback."""

import ssl
from pathlib import Path

import pytest

trustme = pytest.importorskip("trustme", reason="trustme makes the certificates: pip install -r requirements-dev.txt")


class Certificates:
    """An authority, and its certificate for the server `localhost`."""

    def __init__(self, folder: Path) -> None:
        self._ca = authority = trustme.CA()
        self.authority = str(folder / "authority.pem")
        authority.cert_pem.write_to_path(self.authority)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self.server)
        client = authority.issue_cert("monitor@example.com")
        self.client, self.key = str(folder / "client.pem"), str(folder / "key.pem")
        client.cert_chain_pems[0].write_to_path(self.client)
        client.private_key_pem.write_to_path(self.key)
        self.demanding = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        """Of a server that wants a certificate of its clients, too."""
        authority.issue_cert("localhost").configure_cert(self.demanding)
        authority.configure_trust(self.demanding)
        self.demanding.verify_mode = ssl.CERT_REQUIRED

    def write_server(self, certificate: Path, key: Path) -> None:
        """Write another certificate for `localhost` to files, for a server that is a program."""
        issued = self._ca.issue_cert("localhost")
        issued.cert_chain_pems[0].write_to_path(str(certificate))
        issued.private_key_pem.write_to_path(str(key))
