"""TLS connections per SaaS application."""

from stats.saas_catalogue import Catalogue
from stats.statistic import HITS
from traffic.records import TlsHello


class SaasConnections:
    """TLS connections per application and client, by the requested server name; see `saas.toml`."""

    name, title, unit, record = "saas_connections", "SaaS connections (TLS)", HITS, TlsHello
    columns = ("server_name", "client")

    def __init__(self, saas_catalogue: str = "") -> None:
        self._application = Catalogue(saas_catalogue).application

    def key(self, server_name: str, client: str) -> str | None:
        """Return `Dropbox 10.0.0.7`, for example; None for unknown applications."""
        application = self._application(server_name)
        return None if application is None else f"{application} {client}"
