"""Who uses an application most."""

from stats.saas_catalogue import Catalogue
from stats.statistic import HITS
from traffic.records import Request


class SaasUsers:
    """Requests per application and client, as `Dropbox 10.0.0.7`."""

    name, title, unit, record = "saas_users", "SaaS users", HITS, Request
    columns = ("domain", "client")

    def __init__(self, saas_catalogue: str = "") -> None:
        self._application = Catalogue(saas_catalogue).application

    def key(self, domain: str, client: str) -> str | None:
        """Both; None of no application that is known."""
        application = self._application(domain)
        return None if application is None else f"{application} {client}"
