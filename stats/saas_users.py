"""The clients that use each SaaS application."""

from stats.saas_catalogue import Catalogue
from stats.statistic import HITS
from traffic.records import Request


class SaasUsers:
    """Requests per application and client, such as `Dropbox 10.0.0.7`."""

    name, title, unit, record = "saas_users", "SaaS users", HITS, Request
    columns = ("domain", "client")

    def __init__(self, saas_catalogue: str = "") -> None:
        self._application = Catalogue(saas_catalogue).application

    def key(self, domain: str, client: str) -> str | None:
        """Return application and client; None for unknown applications."""
        application = self._application(domain)
        return None if application is None else f"{application} {client}"
