"""Actions of clients in SaaS applications."""

from stats.saas_catalogue import Catalogue
from stats.statistic import HITS
from traffic.records import Request


class SaasActions:
    """Requests per client, application and action, such as `10.0.0.7 Dropbox: upload`."""

    name, title, unit, record = "saas_actions", "SaaS actions by client", HITS, Request
    columns = ("client", "domain", "method", "target")

    def __init__(self, saas_catalogue: str = "") -> None:
        self._action = Catalogue(saas_catalogue).request

    def key(self, client: str, domain: str, method: str, target: str) -> str | None:
        """Return client, application and action; None for unknown applications."""
        found = self._action(domain, method, target)
        return None if found is None else f"{client} {found[0]}: {found[1]}"
