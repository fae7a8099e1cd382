"""Requests per application."""

from stats.saas_catalogue import Catalogue
from stats.statistic import HITS
from traffic.records import Request


class SaasApplications:
    """Requests per application that is used over the network, as `Dropbox`: see `saas.toml`."""

    name, title, unit, record = "saas_applications", "SaaS applications", HITS, Request

    def __init__(self, saas_catalogue: str = "") -> None:
        self._request = Catalogue(saas_catalogue).request

    def key(self, request: Request) -> str | None:
        """Its name; None of no application that is known."""
        found = self._request(request)
        return None if found is None else found[0]
