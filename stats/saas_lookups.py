"""DNS look-ups per SaaS application."""

from stats.saas_catalogue import Catalogue
from stats.statistic import HITS
from traffic.records import DnsAnswer


class SaasLookups:
    """DNS answers per application and client, by the requested name; see `saas.toml`."""

    name, title, unit, record = "saas_lookups", "SaaS look-ups (DNS)", HITS, DnsAnswer

    def __init__(self, saas_catalogue: str = "") -> None:
        self._application = Catalogue(saas_catalogue).application

    def key(self, answer: DnsAnswer) -> str | None:
        """Return `Dropbox 10.0.0.7`, for example; None for unknown applications, and for answers without an address."""
        application = self._application(answer.name) if answer.addresses else None
        return None if application is None else f"{application} {answer.client}"
