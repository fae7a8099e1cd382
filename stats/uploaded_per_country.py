"""Volume uploaded per country."""

from stats.places import countries
from stats.statistic import BYTES
from traffic.records import Exchange


class UploadedPerCountry:
    """Body bytes of requests per country of the client."""

    name, title, unit, record = "uploaded_per_country", "Uploaded by country", BYTES, Exchange

    def __init__(self, country_database: str = "") -> None:
        self._place = countries(country_database)

    def key(self, exchange: Exchange) -> str | None:
        """The code of the country; requests without a body do not count."""
        return self._place(exchange.client) if exchange.request_bytes else None

    def amount(self, exchange: Exchange) -> int:
        """Body bytes, before decompression."""
        return exchange.request_bytes
