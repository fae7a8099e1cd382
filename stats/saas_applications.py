"""Requests per SaaS application."""

from stats.saas_catalogue import Catalogue
from stats.statistic import HITS
from traffic.records import Request


class SaasApplications:
    """Requests per SaaS application, such as `Dropbox`; see `saas.toml`."""

    name, title, unit, record = "saas_applications", "SaaS applications", HITS, Request
    columns = ("domain",)

    def __init__(self, saas_catalogue: str = "") -> None:
        self._application = Catalogue(saas_catalogue).application

    def key(self, domain: str) -> str | None:
        """Return the application's name; None for unknown applications."""
        return self._application(domain)
