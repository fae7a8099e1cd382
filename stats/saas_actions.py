"""What clients do with applications."""

from stats.saas_catalogue import Catalogue
from stats.statistic import HITS
from traffic.records import Request


class SaasActions:
    """Requests per client, application and action, as `10.0.0.7 Dropbox: upload`."""

    name, title, unit, record = "saas_actions", "SaaS actions by client", HITS, Request

    def __init__(self, saas_catalogue: str = "") -> None:
        self._request = Catalogue(saas_catalogue).request

    def key(self, request: Request) -> str | None:
        """The three; None of no application that is known."""
        found = self._request(request)
        return None if found is None else f"{request.client} {found[0]}: {found[1]}"
