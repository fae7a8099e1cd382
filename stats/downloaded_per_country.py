"""Volume downloaded per country."""

from stats.places import countries
from stats.statistic import BYTES
from traffic.records import Exchange


class DownloadedPerCountry:
    """Body bytes of responses per country of the client."""

    name, title, unit, record = "downloaded_per_country", "Downloaded by country", BYTES, Exchange

    def __init__(self, country_database: str = "") -> None:
        self._place = countries(country_database)

    def key(self, exchange: Exchange) -> str | None:
        """The code of the country; responses without a body do not count."""
        return self._place(exchange.client) if exchange.response_bytes else None

    def amount(self, exchange: Exchange) -> int:
        """Body bytes, before decompression."""
        return exchange.response_bytes
