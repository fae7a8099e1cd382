"""Who uses an application most."""

from stats.saas_catalogue import Catalogue
from stats.statistic import HITS
from traffic.records import Request


class SaasUsers:
    """Requests per application and client, as `Dropbox 10.0.0.7`."""

    name, title, unit, record = "saas_users", "SaaS users", HITS, Request

    def __init__(self, saas_catalogue: str = "") -> None:
        self._request = Catalogue(saas_catalogue).request

    def key(self, request: Request) -> str | None:
        """Both; None of no application that is known."""
        found = self._request(request)
        return None if found is None else f"{found[0]} {request.client}"
